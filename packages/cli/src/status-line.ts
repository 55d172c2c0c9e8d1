import { canWriteOver, type LineStream, type Screen } from '@sitedrive/terminal'

/** The state of a command that goes on: one line that is written over on a terminal, elsewhere a line per change. */
export class StatusLine {
  /** Whether a line can be written over, so that what changes each second is worth showing. */
  readonly isLive: boolean
  private readonly screen: Screen
  private last = ''

  constructor(screen: Screen, env: NodeJS.ProcessEnv, stream: LineStream = process.stderr) {
    this.screen = screen
    this.isLive = canWriteOver(stream, env)
  }

  /** @param news the part of the text that is worth a line of its own when it is another than before */
  show(text: string, news = text): void {
    if (this.isLive) this.screen.progress(text)
    else if (news !== this.last) this.screen.note(text)
    this.last = news
  }
}
