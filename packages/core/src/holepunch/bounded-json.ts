import { string } from 'compact-encoding'

/** As a number of compact-encoding lies in a buffer. */
interface State {
  buffer: Uint8Array
  start: number
  end: number
}

/**
 * JSON on the wire, byte for byte as compact-encoding's own `json`. Unlike there, what is none does not throw: Protomux throws
 * a SyntaxError once more where nobody can catch it, and any stranger may send one.
 *
 * @param maxBytes longer texts are not parsed
 * @returns an encoding whose decoded value is null for whatever is no JSON, or too long
 */
export function boundedJson(maxBytes: number) {
  return {
    preencode: (state: State, value: unknown) => string.preencode(state, JSON.stringify(value)),
    encode: (state: State, value: unknown) => string.encode(state, JSON.stringify(value)),
    decode(state: State): unknown {
      // guard: wire: long JSON is not parsed
      if (state.end - state.start > maxBytes) return skipped(state)
      const text = string.decode(state)
      try {
        return JSON.parse(text) as unknown
      } catch {
        // guard: wire: what is no JSON is no error
        return null
      }
    }
  }
}

function skipped(state: State): null {
  state.start = state.end
  return null
}
