import { eachShown, fresh, isStyled, loadedBy } from './assets.js'
import { morph } from './morph.js'
import { showStatus } from './overlay.js'
import { canMorph, fetchPage } from './fetch-page.js'
import { AT, filesAt, here } from './places.js'
import { follow, type Change, type Update } from './stream.js'

const OFFLINE_RETRY_MS = 500

/** Runs in every page of a preview: shows each update with the smallest change that is enough. */
function start(tag: HTMLScriptElement): void {
  /** The id of the update that this page shows. */
  let shown = tag.dataset['update'] ?? ''
  /** The path of this page in the drive; empty when no file of the site is at this address. */
  let path = tag.dataset['path'] ?? ''
  /** The page as the server sent it. Scripts and readers may have changed it since. */
  let base: Document | null = null
  /** Changes that are not shown yet; null: everything may have changed. */
  let waiting: Change[] | null = []
  let newest = shown
  let isShowing = false

  performance.setResourceTimingBufferSize(100_000)

  const remember = async (): Promise<void> => {
    const fetched = await fetchPage()
    // A newer page is not the one that was loaded here. Its update arrives soon and calls this again.
    if (fetched?.id === newest && shown === newest) base = fetched.page
  }

  const catchUp = async ({ id, changes }: Update): Promise<void> => {
    waiting = changes && waiting && [...waiting, ...changes]
    newest = id
    if (isShowing) return
    isShowing = true
    while (shown !== newest) {
      const [next, all] = [newest, waiting]
      waiting = []
      if (await show(all, next)) shown = next
      else {
        waiting = waiting && all && [...all, ...waiting]
        await new Promise((resolve) => setTimeout(resolve, OFFLINE_RETRY_MS))
      }
    }
    isShowing = false
    if (!base) await remember()
  }

  /** Returns false when the server did not answer. */
  const show = async (changes: Change[] | null, id: string): Promise<boolean> => {
    const changed = new Set(changes?.map((change) => change.path))
    const isChanged = (file: string): boolean => !changes || changed.has(file)
    if (changed.has('/_redirects') || changed.has('/_headers')) return reload()

    // Files that only need a refresh, or that the page no longer shows.
    const handled = new Set<string>()
    const changedAt = (url: string): boolean => {
      const files = filesAt(url).filter(isChanged)
      for (const file of files) handled.add(file)
      return files.length > 0
    }
    void eachShown((url) => (changedAt(url), url))

    const own = filesAt(location.origin + AT)
    const isMissing = !own.includes(path)
    if (
      !changes ||
      changes.some(
        ({ op, path: file }) =>
          file === path || (op !== 'change' && own.includes(file)) || (op === 'add' && isMissing)
      )
    ) {
      const fetched = await fetchPage()
      if (!fetched) return false
      const { page } = fetched
      if (!page || !base || AT !== here() || !canMorph(base, page)) return reload()
      try {
        await morph(base, page)
      } catch {
        return reload()
      }
      base = page
      path = fetched.path
    }
    renewFrames(window, isChanged)
    const refreshed = eachShown((url) => (changedAt(url) ? fresh(url, id) : url))
    const isLeft = (file: string): boolean => isChanged(file) && (!handled.has(file) || isStyled(file))
    if ([...loadedBy(window)].some(isLeft)) return reload()
    await refreshed
    return true
  }

  follow(shown, (update) => void catchUp(update), showStatus)
  const whenIdle = (): unknown => (window.requestIdleCallback ?? setTimeout)(() => void remember())
  if (document.readyState === 'complete') whenIdle()
  else addEventListener('load', whenIdle)
}

/** Never resolves: nothing more may be done to a page that is about to go. */
function reload(): Promise<never> {
  location.reload()
  return new Promise(() => {})
}

/** Reloads the frames whose pages changed. Frames do not follow updates themselves: each would need a connection. */
function renewFrames(window: Window, isChanged: (file: string) => boolean): void {
  for (let at = 0; at < window.length; at++) {
    const frame = window[at]!
    try {
      if ([...filesAt(frame.location.href), ...loadedBy(frame)].some(isChanged)) frame.location.reload()
      else renewFrames(frame, isChanged)
    } catch {
      // a frame of another site shows nothing of this one
    }
  }
}

/** A window in which the script runs has this property. */
const RUNNING = Symbol.for('sitedrive')
const scope = window as unknown as Record<symbol, unknown>
const tag = document.currentScript as HTMLScriptElement
tag.remove()
// A frame of a page of this site is followed by that page. And a script may fetch a page with its tag, and put it in here: each
// run would hold a connection.
if (!frameElement && !scope[RUNNING]) {
  scope[RUNNING] = true
  start(tag)
}
