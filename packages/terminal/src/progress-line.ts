import type { WriteStream } from 'node:tty'

/** A stream that lines are written to. A terminal has `isTTY` and `columns`. */
export type LineStream = Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number }

export interface ProgressLineOptions {
  /** How often a new line is written where no line can be written over, in milliseconds; null: never. @default 10000 */
  plainMs?: number | null
  /** Makes the line of the text. @default the text as it is */
  line?: (text: string) => string
}

/** What ends sooner needs no progress line. Milliseconds. */
const QUIET_MS = 500
const TERMINAL_MS = 100
const PLAIN_MS = 10_000

/** Whether a line on the stream can be written over. */
export function canWriteOver(stream: LineStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** One line that is written over on a terminal; elsewhere a new line now and then. */
export class ProgressLine {
  private readonly stream: LineStream
  private readonly isTerminal: boolean
  private readonly everyMs: number
  private readonly line: (text: string) => string
  private startedAt = 0
  private text = ''
  private timer: NodeJS.Timeout | null = null
  private drawnAt = -Infinity
  private isOnScreen = false

  constructor(stream: LineStream, env: NodeJS.ProcessEnv, options: ProgressLineOptions = {}) {
    const { plainMs = PLAIN_MS, line = (text) => text } = options
    this.stream = stream
    this.isTerminal = canWriteOver(stream, env)
    this.everyMs = this.isTerminal ? TERMINAL_MS : (plainMs ?? Infinity)
    this.line = line
  }

  /** Cheap: call it as often as there is news. */
  show(text: string): void {
    if (this.everyMs === Infinity) return
    this.text = text
    if (this.timer === null) {
      this.startedAt = performance.now()
      // A single long step calls `show` once; the line must appear all the same.
      this.timer = setInterval(() => this.draw(), TERMINAL_MS).unref()
    }
    this.draw()
  }

  /** Takes the line off the screen, so that another can be written. It comes back with the next news. */
  clear(): void {
    if (this.isOnScreen) this.stream.write('\r\x1b[K')
    this.isOnScreen = false
    this.drawnAt = this.isTerminal ? -Infinity : this.drawnAt
  }

  end(): void {
    this.clear()
    if (this.timer) clearInterval(this.timer)
    this.timer = null
  }

  private draw(): void {
    const now = performance.now()
    if (now - this.startedAt < QUIET_MS) return
    if (now - this.drawnAt < this.everyMs) return
    this.drawnAt = now
    const line = this.line(this.text)
    if (!this.isTerminal) {
      this.stream.write(`${line}\n`)
      return
    }
    // Cut to the width: a line that wraps could not be written over.
    this.stream.write(`\r\x1b[K${line.slice(0, (this.stream.columns || 80) - 1)}`)
    this.isOnScreen = true
  }
}
