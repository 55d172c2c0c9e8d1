import type { Screen } from '@sitedrive/terminal'

/** Shows an address in the browser of the machine. Where there is none, the address on the screen has to do. */
export async function openInBrowser(url: string, screen: Screen): Promise<void> {
  try {
    const { default: open } = await import('open')
    const launcher = await open(url)
    launcher.on('error', (error) => screen.warn(`No browser could be opened: ${error.message}`))
    // Most launchers end at once; one that is the browser itself must not keep this process alive.
    launcher.unref()
  } catch (error) {
    screen.warn(`No browser could be opened: ${error instanceof Error ? error.message : String(error)}`)
  }
}
