import type { WriteStream } from 'node:tty'

/** A stream for lines of text. A terminal has `isTTY` and `columns`. */
export type LineStream = Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number }

export interface ProgressLineOptions {
  /** The interval between new lines on streams where a line cannot be overwritten. null: none are written. Milliseconds. @default 10000 */
  plainMs?: number | null
  /** Formats the text as a line. @default the text, unchanged */
  line?: (text: string) => string
}

/** A shorter command shows no progress line. Milliseconds. */
const QUIET_MS = 500
const TERMINAL_MS = 100
const PLAIN_MS = 10_000

/** True when a line on the stream can be overwritten. */
export function canOverwriteLine(stream: LineStream, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** Shows progress: on a terminal one line that is overwritten, elsewhere a new line from time to time. */
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
    this.isTerminal = canOverwriteLine(stream, env)
    this.everyMs = this.isTerminal ? TERMINAL_MS : (plainMs ?? Infinity)
    this.line = line
  }

  /** It is cheap, so it may be called often. */
  show(text: string): void {
    if (this.everyMs === Infinity) return
    this.text = text
    if (this.timer === null) {
      this.startedAt = performance.now()
      // A single long step calls `show` only once, before the line may appear.
      this.timer = setInterval(() => this.draw(), TERMINAL_MS).unref()
    }
    this.draw()
  }

  /** Removes the line from the screen, so that another line can be written. The next `show` draws it again. */
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
    // Cut to the width: a line that wraps cannot be overwritten.
    this.stream.write(`\r\x1b[K${line.slice(0, (this.stream.columns || 80) - 1)}`)
    this.isOnScreen = true
  }
}
