import { COLORS, plainStyle, type Color, type LineStyle } from './line-style.js'
import { ProgressLine, type LineStream } from './progress-line.js'

export interface ScreenOptions {
  /** true: stdout has one JSON object only. */
  isJson: boolean
  /** Its `NO_COLOR` and `TERM` are read. */
  env: NodeJS.ProcessEnv
  /** false: no colors. true: colors on streams that are terminals. @default true */
  color?: boolean
  /** @default plainStyle */
  style?: LineStyle
  /** @default that of the process */
  stdout?: LineStream
  /** @default that of the process */
  stderr?: LineStream
}

/** Prints the output of a command: results on stdout, everything else on stderr. With `--json`, stdout has one object only. */
export class Screen {
  readonly isJson: boolean
  /** stdout is a terminal, so a person reads the results. */
  readonly isTerminal: boolean
  readonly style: LineStyle
  /** The width of the terminal that shows the results; 80 where they go elsewhere. */
  readonly columns: number
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
    this.columns = (this.isTerminal && stdout.columns) || 80
    this.isColored = color && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
    this.progressLine = new ProgressLine(stderr, env, { plainMs: style.plainProgressMs, line: style.line })
  }

  /** Prints the result as one object. Does nothing without `--json`. */
  json(value: unknown): void {
    if (this.isJson) this.write(this.stdout, JSON.stringify(value))
  }

  /** Prints one line of the result, in the program's style. With `--json` it goes to stderr. */
  print(text: string): void {
    this.printPlain(this.style.line(text))
  }

  /** Prints a line of the result without style, since people copy it and programs read it. */
  printPlain(line: string): void {
    this.write(this.isJson ? this.stderr : this.stdout, line)
  }

  /** Prints a line that is not part of the result, on stderr and without style. */
  info(line: string): void {
    this.write(this.stderr, line)
  }

  warn(text: string): void {
    this.info(this.style.warning(text, (color, part) => this.paint(color, part, this.stderr)))
  }

  error(text: string): void {
    this.info(this.style.error(text, (color, part) => this.paint(color, part, this.stderr)))
  }

  /** Shows the current step of the command, when it runs for more than half a second. It may be called often. */
  progress(text: string): void {
    this.progressLine.show(text)
  }

  /** Call it before other code writes to the terminal. */
  clearProgress(): void {
    this.progressLine.clear()
  }

  endProgress(): void {
    this.progressLine.end()
  }

  /** Colors a text when `stream`, which will get it, shows colors. @param stream @default stdout */
  paint(color: Color, text: string, stream: LineStream = this.stdout): string {
    return this.isColored && stream.isTTY ? `\x1b[${COLORS[color]}m${text}\x1b[0m` : text
  }

  private write(stream: LineStream, line: string): void {
    this.progressLine.clear()
    stream.write(`${line}\n`)
  }
}
