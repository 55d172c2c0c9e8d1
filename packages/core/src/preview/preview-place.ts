import { hash, randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { dataDir, makePrivateDir, realOrResolved } from '../machine/data-dir.js'
import { readIfThere, replaceFile, replaceFileQuickly } from '../disk/durable-file.js'

/** The files of one project folder's preview in the data directory. */
export interface PreviewPlace {
  dir: string
  /** The file with the `PreviewIdentity`. */
  identity: string
  /** Locked while a process has the preview drive open. Its text names the process. */
  lock: string
  /** The last scan, as for sites. */
  cache: string
  /** The Corestore. */
  store: string
}

/** The folder and the secret of a preview. */
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

/** The identity of the folder's preview; creates it if needed. It is random, so that it reveals nothing about the site's key. */
export function previewIdentity(place: PreviewPlace, projectDir: string): PreviewIdentity {
  makePrivateDir(place.dir)
  const folder = realOrResolved(projectDir)
  const kept = readIdentity(place.identity)
  if (kept?.folder === folder) return kept
  const identity = { folder, secret: randomBytes(32).toString('hex') }
  replaceFile(place.identity, `${JSON.stringify(identity, null, 2)}\n`)
  return identity
}

/** Deletes the folder's preview. Viewers with the old link see nothing new from then on. */
export function deletePreview(place: PreviewPlace): void {
  for (const part of [place.identity, place.store, place.cache])
    rmSync(part, { recursive: true, force: true })
}

// With a damaged file only the link is lost; releases do not depend on it.
function readIdentity(file: string): PreviewIdentity | null {
  try {
    const { folder, secret } = JSON.parse(readIfThere(file) ?? 'null') as PreviewIdentity
    return typeof folder === 'string' && /^[0-9a-f]{64}$/.test(secret) ? { folder, secret } : null
  } catch {
    return null
  }
}

/**
 * Records the address of a folder's running preview, for other processes and for the next preview of the folder.
 *
 * @returns removes the record for other processes
 */
export function recordAddress(
  env: NodeJS.ProcessEnv | undefined,
  projectDir: string,
  url: string
): () => void {
  const file = addressFile(env, projectDir)
  replaceFileQuickly(`${file}.last`, url)
  replaceFileQuickly(file, url)
  return () => {
    if (readIfThere(file) === url) rmSync(file, { force: true })
  }
}

/** The address at which another process serves the folder's preview; null: no process has recorded one. */
export function recordedAddress(env: NodeJS.ProcessEnv | undefined, projectDir: string): string | null {
  return readIfThere(addressFile(env, projectDir))
}

/** The port of the folder's last preview on this machine; null: there is no record, or it is damaged. */
export function lastPort(env: NodeJS.ProcessEnv | undefined, projectDir: string): number | null {
  const address = readIfThere(`${addressFile(env, projectDir)}.last`)
  return address !== null && URL.canParse(address) ? Number(new URL(address).port) : null
}

function addressFile(env: NodeJS.ProcessEnv | undefined, projectDir: string): string {
  return path.join(previewPlace(dataDir(env), projectDir).dir, 'address')
}
