import { ProgressLine, type ProgressStream } from './progress-line.js'

const COLORS = { red: 31, green: 32, yellow: 33, dim: 2 } as const

export interface ScreenOptions {
  isJson: boolean
  env: NodeJS.ProcessEnv
  /** false: never. Otherwise where the stream is a terminal. */
  color: boolean
  stdout?: ProgressStream
  stderr?: ProgressStream
}

/** What the command says: results on stdout, all else on stderr. With `--json` stdout carries one object and nothing else. */
export class Screen {
  readonly isJson: boolean
  /** A person reads the results as they are written. */
  readonly isTerminal: boolean
  private readonly stdout: ProgressStream
  private readonly stderr: ProgressStream
  private readonly isColored: boolean
  private readonly progressLine: ProgressLine

  constructor({ isJson, env, color, stdout = process.stdout, stderr = process.stderr }: ScreenOptions) {
    this.isJson = isJson
    this.stdout = stdout
    this.stderr = stderr
    this.isTerminal = stdout.isTTY === true
    this.isColored = color && !env['NO_COLOR'] && env['TERM'] !== 'dumb'
    this.progressLine = new ProgressLine(stderr, env)
  }

  /** The result as one object; of no effect without `--json`. */
  json(value: unknown): void {
    if (this.isJson) this.write(this.stdout, JSON.stringify(value))
  }

  /** One line of the result. With `--json` it goes to stderr. */
  say(line: string): void {
    this.write(this.isJson ? this.stderr : this.stdout, line)
  }

  /** One line beside the result. */
  note(line: string): void {
    this.write(this.stderr, line)
  }

  warn(line: string): void {
    this.write(this.stderr, `${this.paint('yellow', 'Warning:', this.stderr)} ${line}`)
  }

  fail(line: string): void {
    this.write(this.stderr, `${this.paint('red', 'Error:', this.stderr)} ${line}`)
  }

  progress(text: string): void {
    this.progressLine.show(text)
  }

  /** Before somebody else writes to the terminal. */
  clearProgress(): void {
    this.progressLine.clear()
  }

  /** @param on the stream that the text will go to */
  paint(color: keyof typeof COLORS, text: string, on: ProgressStream = this.stdout): string {
    return this.isColored && on.isTTY ? `\x1b[${COLORS[color]}m${text}\x1b[0m` : text
  }

  close(): void {
    this.progressLine.end()
  }

  private write(stream: ProgressStream, line: string): void {
    this.progressLine.clear()
    stream.write(`${line}\n`)
  }
}
