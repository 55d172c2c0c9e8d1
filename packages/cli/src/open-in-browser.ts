import type { Screen } from '@sitedrive/terminal'

/** Opens an address in the browser of this machine. When that fails, it prints a warning: the address is on the screen anyway. */
export async function openInBrowser(url: string, screen: Screen): Promise<void> {
  try {
    const { default: open } = await import('open')
    const launcher = await open(url)
    launcher.on('error', (error) => screen.warn(`No browser could be opened: ${error.message}`))
    // Usually the launcher ends at once. When it is the browser itself, it must not keep this process alive.
    launcher.unref()
  } catch (error) {
    screen.warn(`No browser could be opened: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The same when somebody is at the terminal. @param isWanted false: the person said that no browser is opened */
export async function openForPerson(url: string, screen: Screen, isWanted = true): Promise<void> {
  if (isWanted && screen.isTerminal) await openInBrowser(url, screen)
}
