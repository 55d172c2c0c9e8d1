import { lstatSync, readdirSync, watch, type Dirent, type FSWatcher } from 'node:fs'
import path from 'node:path'

export interface WatchTreeOptions {
  /** True for files and folders whose changes are not reported. @param relative the path relative to the root */
  isIgnored: (relative: string) => boolean
  /** Called with each change. @param relative the path relative to the root; empty: the root itself, or an unknown path */
  onEvent: (relative: string, isFolder: boolean) => void
  /** Called when the tree cannot be watched any more. */
  onFailure: (error: NodeJS.ErrnoException) => void
}

/** A folder that is watched with everything inside. */
export interface TreeWatch {
  close(): void
}

/** True when the operating system can watch a whole tree. */
const IS_NATIVE = process.platform === 'darwin' || process.platform === 'win32'

/**
 * Watches a folder with everything inside. All changes after the call are reported.
 *
 * On Linux each folder has its own watch. Chokidar 5.0.0 and the `recursive` option of Node.js rely on events only: when a
 * folder is removed and quickly created again, or another folder replaces it, they believe that they watch it already, and
 * get no more events from it. So here every folder that appears gets a new watch, also when there was one for its name. The
 * folder is watched before it is read, so that no change between the two is missed.
 *
 * @param root an absolute path without symbolic links. Links inside are not followed
 * @throws when the root itself cannot be watched
 */
export function watchTree(root: string, options: WatchTreeOptions): TreeWatch {
  return IS_NATIVE ? watchNatively(root, options) : new FolderTree(root, options)
}

function watchNatively(root: string, { isIgnored, onEvent, onFailure }: WatchTreeOptions): TreeWatch {
  const watcher = watch(root, { recursive: true }, (event, name) => {
    if (name !== null && isIgnored(name)) return
    // The event does not say whether it is about a folder, and a folder may have appeared with files inside.
    onEvent(name ?? '', event === 'rename' && !isFile(path.join(root, name ?? '')))
  })
  watcher.on('error', onFailure)
  return watcher
}

/** A folder that is watched. */
interface Folder {
  /** The path relative to the root; empty for the root. */
  relative: string
  parent: Folder | null
  children: Map<string, Folder>
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
    const { onEvent, isIgnored } = this.options
    if (name === null) return onEvent(folder.relative, true)
    const relative = path.join(folder.relative, name)
    // The watch of a folder reports its removal with the folder's name. A file inside with the same name is reported alike.
    const mayBeRemoved = event === 'rename' && name === path.basename(path.join(this.root, folder.relative))
    if (mayBeRemoved && !folder.parent) return onEvent('', true)
    if (mayBeRemoved && folder.parent) this.watchAgain(folder.parent, name)
    if (mayBeRemoved || isIgnored(relative)) return mayBeRemoved ? onEvent(folder.relative, true) : undefined
    onEvent(relative, event === 'rename' && this.watchAgain(folder, name))
  }

  /** Call it when the file or folder of this name was added, removed or replaced. @returns true when it is or was a folder */
  private watchAgain(parent: Folder, name: string): boolean {
    const before = parent.children.get(name)
    if (before) closeAll(before)
    parent.children.delete(name)
    const relative = path.join(parent.relative, name)
    if (!lstatOf(path.join(this.root, relative))?.isDirectory()) return before !== undefined
    try {
      parent.children.set(name, this.open(relative, parent))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // It was removed already, which the watch of the parent folder reports.
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.options.onFailure(error as NodeJS.ErrnoException)
    }
    return true
  }

  private open(relative: string, parent: Folder | null): Folder {
    const dir = path.join(this.root, relative)
    const watcher = watch(dir, (event, name) => this.onEvent(folder, event, name))
    const folder: Folder = { relative, parent, children: new Map(), watcher }
    watcher.on('error', (error) => this.options.onFailure(error))
    for (const item of list(dir)) {
      if (item.isDirectory() && !this.options.isIgnored(path.join(relative, item.name)))
        this.watchAgain(folder, item.name)
    }
    return folder
  }
}

function closeAll({ watcher, children }: Folder): void {
  watcher.close()
  for (const folder of children.values()) closeAll(folder)
  children.clear()
}

/** The interval of the checks in `pollTree`. Milliseconds. */
export const POLLING_MS = 500

/** Works like `watchTree`, but checks every file twice a second: for folders whose changes the system does not report. */
export function pollTree(root: string, { isIgnored, onEvent }: WatchTreeOptions): TreeWatch {
  let before = stampsOf(root, isIgnored)
  const timer = setInterval(() => {
    const now = stampsOf(root, isIgnored)
    for (const [file, stamp] of now) if (before.get(file) !== stamp) onEvent(file, false)
    for (const file of before.keys()) if (!now.has(file)) onEvent(file, false)
    before = now
  }, POLLING_MS)
  return { close: () => clearInterval(timer) }
}

function stampsOf(root: string, isIgnored: WatchTreeOptions['isIgnored']): Map<string, string> {
  const stamps = new Map<string, string>()
  const visit = (folder: string) => {
    for (const item of list(path.join(root, folder))) {
      const relative = path.join(folder, item.name)
      if (isIgnored(relative)) continue
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
    return [] // it was just removed, or cannot be read: the next update reports that
  }
}

function lstatOf(file: string) {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch {
    return undefined // a file has replaced one of its parent folders
  }
}

function isFile(file: string): boolean {
  return lstatOf(file)?.isFile() ?? false
}
