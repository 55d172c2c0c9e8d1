import { StringDecoder } from 'node:string_decoder'

/** So many characters of what a build prints are kept: the last ones. */
export const LOG_KEPT = 200_000

// Colours and cursor movements (ECMA-48 control sequences), titles and links of terminals (OSC), and the short escapes.
// eslint-disable-next-line no-control-regex
const ESCAPES =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[ -/]*[0-Z\\^-~]/g
/** The beginning of one, whose rest is still to come. */
// eslint-disable-next-line no-control-regex
const UNFINISHED = /\u001b(?:\[[0-?]*[ -/]*|\][^\u0007\u001b]{0,500}\u001b?|[ -/]*)$/
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** What a process prints, as text without what only a terminal understands; the last of it is kept. */
export class PlainLog {
  text = ''
  /** Characters that are no longer kept. */
  dropped = 0
  private readonly decoders = new Map<string, { decoder: StringDecoder; rest: string }>()

  /**
   * @param stream the pipe that the bytes came from: what begins in one does not end in another
   * @returns the text that has come of it
   */
  add(stream: string, bytes: Buffer): string {
    const from = this.decoders.get(stream) ?? { decoder: new StringDecoder('utf8'), rest: '' }
    this.decoders.set(stream, from)
    const all = from.rest + from.decoder.write(bytes)
    const [rest = ''] = UNFINISHED.exec(all) ?? []
    from.rest = rest
    return this.keep(plain(rest === '' ? all : all.slice(0, -rest.length)))
  }

  /** A line of our own. */
  say(line: string): string {
    const isAtStart = this.text === '' || this.text.endsWith('\n')
    return this.keep(`${isAtStart ? '' : '\n'}${plain(line)}\n`)
  }

  private keep(text: string): string {
    this.text += text
    const over = this.text.length - LOG_KEPT
    if (over > 0) {
      this.text = this.text.slice(over)
      this.dropped += over
    }
    return text
  }
}

function plain(text: string): string {
  return text.replace(ESCAPES, '').replace(/\r\n?/g, '\n').replace(CONTROLS, '')
}
