import { StringDecoder } from 'node:string_decoder'

/** The number of characters of a build's output that are kept: the last ones. */
export const LOG_KEPT = 200_000

// Control characters are written as text here, so that the lint rule against them stays on.
const ESC = String.raw`\u001b`
const BEL = String.raw`\u0007`
/** Colours and cursor movements (ECMA-48 control sequences), titles and links of terminals (OSC), and the short escapes. */
const ESCAPES = new RegExp(
  String.raw`${ESC}\[[0-?]*[ -/]*[@-~]|${ESC}\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\)|${ESC}[ -/]*[0-Z\\^-~]`,
  'g'
)
/** The beginning of an escape whose rest has not arrived. */
const UNFINISHED = new RegExp(String.raw`${ESC}(?:\[[0-?]*[ -/]*|\][^${BEL}${ESC}]{0,500}${ESC}?|[ -/]*)$`)
/** Control characters except tab and line feed, and the characters that change the direction of text. */
const CONTROLS = /(?![\t\n])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** The output of a process as plain text, without terminal escapes. Only its end is kept. */
export class PlainLog {
  text = ''
  /** How many characters are no longer kept. */
  dropped = 0
  private readonly decoders = new Map<string, { decoder: StringDecoder; rest: string }>()

  /**
   * @param stream the pipe that the bytes came from: an escape begins and ends in the same pipe
   * @returns the text that was added
   */
  add(stream: string, bytes: Buffer): string {
    const from = this.decoders.get(stream) ?? { decoder: new StringDecoder('utf8'), rest: '' }
    this.decoders.set(stream, from)
    const all = from.rest + from.decoder.write(bytes)
    const [rest = ''] = UNFINISHED.exec(all) ?? []
    from.rest = rest
    return this.keep(plain(rest === '' ? all : all.slice(0, -rest.length)))
  }

  /** Adds a line of our own. @returns the text that was added */
  addLine(line: string): string {
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
