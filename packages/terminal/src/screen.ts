import { COLORS, plainStyle, type Color, type LineStyle } from './line-style.js'
import { ProgressLine, type LineStream } from './progress-line.js'

export interface ScreenOptions {
  /** stdout carries one JSON object and nothing else. */
  isJson: boolean
  /** `NO_COLOR` and `TERM` of it count. */
  env: NodeJS.ProcessEnv
  /** false: no colors. Otherwise there are colors where the stream is a terminal. @default true */
  color?: boolean
  /** @default plainStyle */
  style?: LineStyle
  /** @default that of the process */
  stdout?: LineStream
  /** @default that of the process */
  stderr?: LineStream
}

/** What a command prints: results on stdout, all else on stderr. With `--json` stdout carries one object and nothing else. */
export class Screen {
  readonly isJson: boolean
  /** A person reads the results as they are written. */
  readonly isTerminal: boolean
  readonly style: LineStyle
  private readonly stdout: LineStream
  private readonly stderr: LineStream
  private readonly isColored: boolean
  private readonly progressLine: ProgressLine

  constructor(options: ScreenOptions) {
    const { isJson, env, color = true, style = plainStyle } = options
    const { stdout = process.stdout, stderr = process.stderr } = options
    this.isJson = isJson
    this.style = style
    this.stdout = stdout
    this.stderr = stderr
    this.isTerminal = stdout.isTTY === true
    this.isColored = color && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
    this.progressLine = new ProgressLine(stderr, env, { plainMs: style.plainProgressMs, line: style.line })
  }

  /** The result as one object; of no effect without `--json`. */
  json(value: unknown): void {
    if (this.isJson) this.write(this.stdout, JSON.stringify(value))
  }

  /** One line of the result. With `--json` it goes to stderr. */
  say(text: string): void {
    this.bare(this.style.line(text))
  }

  /** A line of the result that people copy and programs read: it has no style. */
  bare(line: string): void {
    this.write(this.isJson ? this.stderr : this.stdout, line)
  }

  /** One line beside the result, on stderr. It has no style. */
  note(line: string): void {
    this.write(this.stderr, line)
  }

  warn(text: string): void {
    this.note(this.style.warning(text, (color, part) => this.paint(color, part, this.stderr)))
  }

  fail(text: string): void {
    this.note(this.style.error(text, (color, part) => this.paint(color, part, this.stderr)))
  }

  /** Shows what the command does now, once it takes longer than half a second. Call it as often as there is news. */
  progress(text: string): void {
    this.progressLine.show(text)
  }

  /** Call it before somebody else writes to the terminal. */
  clearProgress(): void {
    this.progressLine.clear()
  }

  endProgress(): void {
    this.progressLine.end()
  }

  /** @param on the stream that the text will go to */
  paint(color: Color, text: string, on: LineStream = this.stdout): string {
    return this.isColored && on.isTTY ? `\x1b[${COLORS[color]}m${text}\x1b[0m` : text
  }

  private write(stream: LineStream, line: string): void {
    this.progressLine.clear()
    stream.write(`${line}\n`)
  }
}
