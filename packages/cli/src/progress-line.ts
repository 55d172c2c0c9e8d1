import type { WriteStream } from 'node:tty'

/** Where progress is shown. */
export type ProgressStream = Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number }

/** Whatever ends sooner is not worth a word. Milliseconds. */
const QUIET_MS = 500
const TERMINAL_EVERY_MS = 100
const PLAIN_EVERY_MS = 10_000

/** One line that is written over on a terminal; elsewhere a new line now and then. */
export class ProgressLine {
  private readonly stream: ProgressStream
  private readonly isTerminal: boolean
  private startedAt = 0
  private text = ''
  private timer: NodeJS.Timeout | null = null
  private drawnAt = -Infinity
  private isOnScreen = false

  constructor(stream: ProgressStream, env: NodeJS.ProcessEnv) {
    this.stream = stream
    this.isTerminal = stream.isTTY === true && env['TERM'] !== 'dumb'
  }

  /** Cheap: call it as often as there is news. */
  show(text: string): void {
    this.text = text
    if (this.timer === null) {
      this.startedAt = performance.now()
      // Whoever works in one long step has no news to tell; the line must appear all the same.
      this.timer = setInterval(() => this.draw(), TERMINAL_EVERY_MS).unref()
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
    if (now - this.drawnAt < (this.isTerminal ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) return
    this.drawnAt = now
    if (!this.isTerminal) {
      this.stream.write(`${this.text}\n`)
      return
    }
    // Cut to the width: a line that wraps could not be written over.
    this.stream.write(`\r\x1b[K${this.text.slice(0, (this.stream.columns || 80) - 1)}`)
    this.isOnScreen = true
  }
}
