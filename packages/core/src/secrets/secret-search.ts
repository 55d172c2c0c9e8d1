import type { Sources } from '../content/content-types.js'
import { SitedriveError, throwIfAborted } from '../error.js'
import { isUnchanged, type KnownFile } from '../folder/scan-cache.js'
import type { Walk, WalkedFile } from '../folder/walk.js'
import { notAllowed } from '../project/allowed-secrets.js'
import type { SecretInFile } from '../project/allowed-secrets.js'
import { knownSecrets } from './known-secrets.js'
import type { KnownSecrets } from './secret-finder.js'
import type { FilesToSearch } from './search-files.js'
import { startSearch, type SearchThread } from './search-thread.js'
import { secretsFound } from './secrets-found.js'

export interface SecretSearchOptions {
  home: string
  projectDir: string
  env: NodeJS.ProcessEnv
  sources: Sources
  signal: AbortSignal | undefined
}

/** A search that runs. */
interface RunningSearch {
  job: FilesToSearch
  /** null: only this thread searches. */
  thread: SearchThread | null
}

/** Files of the newest release, by path. */
type Released = ReadonlyMap<string, KnownFile>

/** Searches the files of one publish for secrets, before the first signature: what is signed cannot be recalled. */
export class SecretSearch {
  private readonly options: SecretSearchOptions
  private readonly searched = new Map<string, { file: WalkedFile; hash: string | null }>()
  private secrets: SecretInFile[] = []
  private running: RunningSearch | null = null
  private known: Promise<KnownSecrets> | null = null
  private released: Released = new Map()

  constructor(options: SecretSearchOptions) {
    this.options = options
    options.signal?.addEventListener('abort', this.stop, { once: true })
  }

  /** Begins to search probably new files in the background. @param released as far as it is known */
  async begin(found: Walk, released: Released): Promise<void> {
    const job = await this.jobOf(found, released)
    this.running = { job, thread: startSearch(job) }
  }

  /**
   * Searches the new and changed files that were not searched yet.
   *
   * @param released files of the newest release; their content is already public
   * @param exceptions of `sitedrive.json`; null: there is no such file
   * @throws {SitedriveError} SECRET_FOUND
   */
  async refuse(found: Walk, released: Released, exceptions: readonly string[] | null): Promise<void> {
    const { sources } = this.options
    if (this.running) await this.search(this.running)
    // The files that changed since `begin`, or all when nothing was begun.
    const job = await this.jobOf(found, released)
    if (job.files.length > 0) await this.search({ job, thread: null })
    const published = job.published
    const files = newFiles(found, released)
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
   * Asserts that bytes to be stored are those that were searched: a file can be rewritten with the same stamp.
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

  /** Ends a running search. Safe to call twice. */
  close(): void {
    this.options.signal?.removeEventListener('abort', this.stop)
    this.stop()
  }

  private readonly stop = (): void => this.running?.thread?.stop()

  /** The files of a folder that were not searched in their present state. */
  private async jobOf(found: Walk, released: Released): Promise<FilesToSearch> {
    const files = newFiles(found, released).filter(
      (file) => !isUnchanged(this.searched.get(file.path)?.file ?? null, file)
    )
    for (const { path } of files) this.searched.delete(path)
    const published = new Set([...released.values()].map(({ hash }) => hash))
    return {
      dir: found.dir,
      files,
      taken: new SharedArrayBuffer(4),
      published,
      known: await this.knownSecrets()
    }
  }

  /** Helps with a search until it is done. */
  private async search({ job, thread }: RunningSearch): Promise<void> {
    const { signal } = this.options
    const { searchFiles } = await import('./search-files.js')
    const [ours, theirs] = await Promise.all([searchFiles(job, signal), thread?.searched ?? null])
    thread?.stop()
    this.running = null
    throwIfAborted(signal)
    const byPath = new Map(job.files.map((file) => [file.path, file]))
    for (const { hashes, secrets } of theirs ? [ours, theirs] : [ours]) {
      for (const [path, hash] of hashes) {
        const file = byPath.get(path)
        if (file) this.searched.set(path, { file, hash })
      }
      this.secrets = [...this.secrets.filter(({ path }) => !hashes.has(path)), ...secrets]
    }
  }

  private knownSecrets(): Promise<KnownSecrets> {
    const { home, projectDir, env } = this.options
    return (this.known ??= knownSecrets(home, projectDir, env))
  }
}

/** Files that may differ from the release. */
function newFiles({ files }: Walk, released: Released): WalkedFile[] {
  return files.filter((file) => !isUnchanged(released.get(file.path)?.stamp ?? null, file))
}
