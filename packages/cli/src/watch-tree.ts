import { lstatSync, readdirSync, watch, type Dirent, type FSWatcher } from 'node:fs'
import path from 'node:path'

export interface WatchTreeOptions {
  /** Names that are not looked into. @param relative below the root */
  isLeftOut: (relative: string) => boolean
  /** Something happened. @param relative to what, below the root; empty: to the root itself, or nobody knows */
  onEvent: (relative: string, isFolder: boolean) => void
  /** The tree cannot be watched any further. */
  onFailure: (error: NodeJS.ErrnoException) => void
}

/** A folder and all that is in it, watched. */
export interface TreeWatch {
  close(): void
}

/** Where the system itself watches a whole tree. */
const IS_NATIVE = process.platform === 'darwin' || process.platform === 'win32'

/**
 * Watches a folder with all that is in it, at once: what happens after the call is reported.
 *
 * On Linux each folder has a watch of its own. Chokidar 5.0.0 and Node.js's own `recursive` rely on events alone: when a
 * folder is removed and made again within a moment, or put in the place of another, they take it for the folder that they
 * watch already, and get no more events of it. So here each folder that appears is watched anew, whatever its name was
 * before; and it is watched before it is read, so that no change is missed in between.
 *
 * @param root without symbolic links. Links in it are not followed
 * @throws when the root itself cannot be watched
 */
export function watchTree(root: string, options: WatchTreeOptions): TreeWatch {
  return IS_NATIVE ? watchNatively(root, options) : new FolderTree(root, options)
}

function watchNatively(root: string, { isLeftOut, onEvent, onFailure }: WatchTreeOptions): TreeWatch {
  const watcher = watch(root, { recursive: true }, (event, name) => {
    if (name !== null && isLeftOut(name)) return
    // The event does not say whether it is a folder, and a folder may have come with all that is in it.
    onEvent(name ?? '', event === 'rename' && !isFile(path.join(root, name ?? '')))
  })
  watcher.on('error', onFailure)
  return watcher
}

/** A folder that is watched. */
interface Folder {
  /** Below the root; the root's own is empty. */
  relative: string
  above: Folder | null
  below: Map<string, Folder>
  watcher: FSWatcher
}

class FolderTree implements TreeWatch {
  private readonly root: string
  private readonly options: WatchTreeOptions
  private readonly top: Folder

  constructor(root: string, options: WatchTreeOptions) {
    this.root = root
    this.options = options
    this.top = this.open('', null)
  }

  close(): void {
    closeAll(this.top)
  }

  private onEvent(folder: Folder, event: string, name: string | null): void {
    const { onEvent, isLeftOut } = this.options
    if (name === null) return onEvent(folder.relative, true)
    const relative = path.join(folder.relative, name)
    // A folder's own watch reports its end with the folder's name, as it reports a file in it that has the same name.
    const mayBeEnd = event === 'rename' && name === path.basename(path.join(this.root, folder.relative))
    if (mayBeEnd && !folder.above) return onEvent('', true)
    if (mayBeEnd && folder.above) this.look(folder.above, name)
    if (mayBeEnd || isLeftOut(relative)) return mayBeEnd ? onEvent(folder.relative, true) : undefined
    onEvent(relative, event === 'rename' && this.look(folder, name))
  }

  /** What a name stands for has come, gone or been replaced. @returns whether it is, or was, a folder */
  private look(above: Folder, name: string): boolean {
    const before = above.below.get(name)
    if (before) closeAll(before)
    above.below.delete(name)
    const relative = path.join(above.relative, name)
    if (!lstatOf(path.join(this.root, relative))?.isDirectory()) return before !== undefined
    try {
      above.below.set(name, this.open(relative, above))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // It is gone already. The watch of the folder above reports that.
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.options.onFailure(error as NodeJS.ErrnoException)
    }
    return true
  }

  private open(relative: string, above: Folder | null): Folder {
    const dir = path.join(this.root, relative)
    const watcher = watch(dir, (event, name) => this.onEvent(folder, event, name))
    const folder: Folder = { relative, above, below: new Map(), watcher }
    watcher.on('error', (error) => this.options.onFailure(error))
    for (const item of list(dir)) {
      if (item.isDirectory() && !this.options.isLeftOut(path.join(relative, item.name)))
        this.look(folder, item.name)
    }
    return folder
  }
}

function closeAll({ watcher, below }: Folder): void {
  watcher.close()
  for (const folder of below.values()) closeAll(folder)
  below.clear()
}

/** How often a tree is looked at where nothing tells of changes. Milliseconds. */
export const POLLING_MS = 500

/** As `watchTree`, by looking at every file twice a second: for folders whose changes the system does not report. */
export function pollTree(root: string, { isLeftOut, onEvent }: WatchTreeOptions): TreeWatch {
  let before = stampsOf(root, isLeftOut)
  const timer = setInterval(() => {
    const now = stampsOf(root, isLeftOut)
    for (const [file, stamp] of now) if (before.get(file) !== stamp) onEvent(file, false)
    for (const file of before.keys()) if (!now.has(file)) onEvent(file, false)
    before = now
  }, POLLING_MS)
  return { close: () => clearInterval(timer) }
}

function stampsOf(root: string, isLeftOut: WatchTreeOptions['isLeftOut']): Map<string, string> {
  const stamps = new Map<string, string>()
  const visit = (folder: string) => {
    for (const item of list(path.join(root, folder))) {
      const relative = path.join(folder, item.name)
      if (isLeftOut(relative)) continue
      if (item.isDirectory()) {
        visit(relative)
        continue
      }
      const stats = lstatOf(path.join(root, relative))
      if (stats) stamps.set(relative, `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino}`)
    }
  }
  visit('')
  return stamps
}

function list(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch {
    return [] // gone in this moment, or not readable, which the update then reports
  }
}

function lstatOf(file: string) {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch {
    return undefined // a file has taken the place of a folder above it
  }
}

function isFile(file: string): boolean {
  return lstatOf(file)?.isFile() ?? false
}
