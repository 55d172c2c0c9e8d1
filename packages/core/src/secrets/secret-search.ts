import type { Sources } from '../content/contract.js'
import { SitedriveError, throwIfAborted } from '../error.js'
import { isUnchanged, type KnownFile } from '../scan-cache.js'
import type { Walk, WalkedFile } from '../walk.js'
import { notAllowed } from './allowed-secrets.js'
import type { SecretInFile } from './contract.js'
import { knownSecrets } from './known-secrets.js'
import type { KnownSecrets } from './secret-finder.js'
import type { Searched } from './search-files.js'
import { startSearch, type SearchThread } from './search-thread.js'
import { secretsFound } from './secrets-found.js'

export interface SecretSearchOptions {
  home: string
  projectDir: string
  env: NodeJS.ProcessEnv
  sources: Sources
  signal: AbortSignal | undefined
}

/** Files by path, as the newest release has them. */
type Released = ReadonlyMap<string, KnownFile>

/** The search for secrets in what one publish is about to ship: before the first signature, since nothing is recalled after it. */
export class SecretSearch {
  private readonly options: SecretSearchOptions
  private readonly searched = new Map<string, { file: WalkedFile; hash: string | null }>()
  private readonly secrets: SecretInFile[] = []
  private begun: { thread: SearchThread; files: readonly WalkedFile[] } | null = null
  private known: Promise<KnownSecrets> | null = null
  private released: Released = new Map()

  constructor(options: SecretSearchOptions) {
    this.options = options
    options.signal?.addEventListener('abort', this.stop, { once: true })
  }

  /** Begins to search what is likely new, beside whatever comes next. @param released as far as it is known by now */
  async begin(found: Walk, released: Released): Promise<void> {
    const files = this.missing(newFiles(found, released))
    const known = await this.knownSecrets()
    const thread = startSearch({ dir: found.dir, files, published: hashesOf(released), known })
    this.begun = thread && { thread, files }
  }

  /**
   * Searches what is new or changed and was not searched yet.
   *
   * @param released what the newest release has; its content is out already
   * @param exceptions of `sitedrive.json`; null: there is no such file
   * @throws {SitedriveError} SECRET_FOUND
   */
  async refuse(found: Walk, released: Released, exceptions: readonly string[] | null): Promise<void> {
    const { signal, sources } = this.options
    await this.takeThread()
    throwIfAborted(signal)
    const files = newFiles(found, released)
    const missing = this.missing(files)
    const published = hashesOf(released)
    if (missing.length > 0) {
      const { searchFiles } = await import('./search-files.js')
      const known = await this.knownSecrets()
      this.take(await searchFiles({ dir: found.dir, files: missing, published, known }, signal), missing)
      throwIfAborted(signal)
    }
    this.released = released
    const paths = new Set(files.map(({ path }) => path))
    const shipped = this.secrets.filter(({ path }) => {
      const hash = this.searched.get(path)?.hash ?? null
      return paths.has(path) && (hash === null || !published.has(hash))
    })
    const refused = notAllowed(shipped, exceptions ?? [])
    if (refused.length > 0) throw secretsFound(refused, { sources, hasProject: exceptions !== null })
  }

  /**
   * Whether bytes that are about to be stored are those that were searched: a file that is written within a tick of the clock
   * keeps its stamp.
   *
   * @throws {SitedriveError} FILE_CHANGED
   */
  readonly assertSearched = (path: string, hash: string): void => {
    const searched = this.searched.get(path)
    if (searched && (searched.hash === null || searched.hash === hash)) return
    if (this.released.get(path)?.hash === hash) return
    throw new SitedriveError(
      'FILE_CHANGED',
      `\`${path}\` changed after it was searched for secrets. Is a build still running? Publish when it is done.`
    )
  }

  /** Ends what still runs. Safe to call twice. */
  close(): void {
    this.options.signal?.removeEventListener('abort', this.stop)
    this.stop()
  }

  private readonly stop = (): void => this.begun?.thread.stop()

  private async takeThread(): Promise<void> {
    const { begun } = this
    if (!begun) return
    const searched = await begun.thread.searched
    begun.thread.stop()
    this.begun = null
    if (searched) this.take(searched, begun.files)
  }

  private take({ hashes, secrets }: Searched, files: readonly WalkedFile[]): void {
    const again = new Set(hashes.keys())
    const kept = this.secrets.filter(({ path }) => !again.has(path))
    this.secrets.splice(0, Infinity, ...kept, ...secrets)
    for (const file of files) {
      const hash = hashes.get(file.path)
      if (hash !== undefined) this.searched.set(file.path, { file, hash })
      else this.searched.delete(file.path)
    }
  }

  /** Those that were not searched as they are now. */
  private missing(files: readonly WalkedFile[]): WalkedFile[] {
    return files.filter((file) => !isUnchanged(this.searched.get(file.path)?.file ?? null, file))
  }

  private knownSecrets(): Promise<KnownSecrets> {
    const { home, projectDir, env } = this.options
    return (this.known ??= knownSecrets(home, projectDir, env))
  }
}

/** Those that are not surely what the release has. */
function newFiles({ files }: Walk, released: Released): WalkedFile[] {
  return files.filter((file) => !isUnchanged(released.get(file.path)?.stamp ?? null, file))
}

function hashesOf(released: Released): Set<string> {
  return new Set([...released.values()].map(({ hash }) => hash))
}
