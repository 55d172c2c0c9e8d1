import { canOverwriteLine, type LineStream, type Screen } from '@sitedrive/terminal'

/** Shows the state of a running command: on a terminal one line that is overwritten, elsewhere a line for each change. */
export class StatusLine {
  /** True when the line can be overwritten, so that it may change every second. */
  readonly isLive: boolean
  private readonly screen: Screen
  private last = ''

  constructor(screen: Screen, env: NodeJS.ProcessEnv, stream: LineStream = process.stderr) {
    this.screen = screen
    this.isLive = canOverwriteLine(stream, env)
  }

  /** @param keyPart elsewhere than on a terminal, a line is written only when this part of the text has changed */
  show(text: string, keyPart = text): void {
    if (this.isLive) this.screen.progress(text)
    else if (keyPart !== this.last) this.screen.info(text)
    this.last = keyPart
  }
}
