import { string } from 'compact-encoding'

/** The state that compact-encoding passes to its encodings. */
interface State {
  buffer: Uint8Array
  start: number
  end: number
}

/**
 * A JSON encoding with the same bytes on the wire as compact-encoding's `json`. Invalid JSON does not throw: Protomux
 * rethrows a SyntaxError where no code can catch it, so any peer could end this process.
 *
 * @param maxBytes longer texts are not parsed
 * @returns an encoding that decodes invalid or too long JSON to null
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
