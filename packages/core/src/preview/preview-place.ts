import { hash, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { dataDir, makePrivateDir, realOrResolved } from '../machine/data-dir.js'
import { readIfThere, replaceFile, replaceFileQuickly } from '../disk/durable-file.js'

/** The files of one project folder's preview in the data directory. */
export interface PreviewPlace {
  dir: string
  /** Which folder it belongs to, and its secret. */
  identity: string
  /** Locked while a process writes the preview drive; its text says which. */
  lock: string
  /** The last scan, as for sites. */
  cache: string
  /** The Corestore. */
  store: string
}

/** What a folder's preview is known by. */
export interface PreviewIdentity {
  /** The project folder. */
  folder: string
  /** 32 random bytes, hex. Never leaves this file; the link carries what is derived from it. */
  secret: string
}

export function previewPlace(home: string, projectDir: string): PreviewPlace {
  const folder = realOrResolved(projectDir)
  const dir = path.join(home, 'previews', hash('sha256', folder).slice(0, 32))
  return {
    dir,
    identity: path.join(dir, 'preview.json'),
    lock: path.join(dir, 'writer.lock'),
    cache: path.join(dir, 'scan.cache'),
    store: path.join(dir, 'drive')
  }
}

/** The folder's preview, made when it has none: random, so that nothing tells of the site's own key. */
export function previewIdentity(place: PreviewPlace, projectDir: string): PreviewIdentity {
  makePrivateDir(place.dir)
  const folder = realOrResolved(projectDir)
  const kept = readIdentity(place.identity)
  if (kept?.folder === folder) return kept
  const identity = { folder, secret: randomBytes(32).toString('hex') }
  replaceFile(place.identity, `${JSON.stringify(identity, null, 2)}\n`)
  return identity
}

/** Forgets the folder's preview: whoever has its link sees nothing new from then on. */
export function deletePreview(place: PreviewPlace): void {
  for (const part of [place.identity, place.store, place.cache])
    rmSync(part, { recursive: true, force: true })
}

// A damaged file costs the link, nothing else: no release hangs on it.
function readIdentity(file: string): PreviewIdentity | null {
  try {
    const { folder, secret } = JSON.parse(readIfThere(file) ?? 'null') as PreviewIdentity
    return typeof folder === 'string' && /^[0-9a-f]{64}$/.test(secret) ? { folder, secret } : null
  } catch {
    return null
  }
}

/**
 * Notes where a folder's preview is served, for other processes of the same folder and for the next preview of it.
 *
 * @returns takes the note for other processes away
 */
export function recordAddress(env: NodeJS.ProcessEnv | undefined, projectDir: string, url: string): () => void {
  const file = addressFile(env, projectDir)
  replaceFileQuickly(`${file}.last`, url)
  replaceFileQuickly(file, url)
  return () => {
    if (readIfThere(file) === url) rmSync(file, { force: true })
  }
}

/** Where another process serves the folder's preview, as it has noted; null when there is no note. */
export function recordedAddress(env: NodeJS.ProcessEnv | undefined, projectDir: string): string | null {
  return readIfThere(addressFile(env, projectDir))
}

/** The port of the folder's last preview on this machine; null when it had none, or when the note is damaged. */
export function lastPort(env: NodeJS.ProcessEnv | undefined, projectDir: string): number | null {
  const address = readIfThere(`${addressFile(env, projectDir)}.last`)
  return address !== null && URL.canParse(address) ? Number(new URL(address).port) : null
}

function addressFile(env: NodeJS.ProcessEnv | undefined, projectDir: string): string {
  return path.join(previewPlace(dataDir(env), projectDir).dir, 'address')
}
