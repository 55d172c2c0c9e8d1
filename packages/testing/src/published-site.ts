import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type ReleaseRecord, sitePaths } from '@sitedrive/core'
import { readReleasedSources } from '@sitedrive/core/internal'
import { openSiteReader } from '@sitedrive/core/drive'
import { showBytes, type Contents } from './folder-files.js'

/** A site drive as a reader would see it now. */
export interface PublishedSite {
  key: string
  version: number
  fork: number
  /** The newest release's record, without what only the index needs. */
  record: Omit<ReleaseRecord, 'previous' | 'skips'>
  /** The site's files; sitedrive's own are left out. */
  files: Contents
  /** Paths whose names were made of their content, as the index says. */
  fingerprinted: string[]
}

const RECORD_PATH = '/.well-known/sitedrive.json'

/** Reads a site from the store of a data directory. @returns null when it was never published from there */
export async function readSite(home: string, key: string): Promise<PublishedSite | null> {
  const { store } = sitePaths(home, key)
  if (!existsSync(store)) return null
  const site = await openSiteReader(store, key)
  try {
    let record: ReleaseRecord | null = null
    const files: Contents = {}
    const fingerprinted: string[] = []
    for await (const { path, blob, metadata } of site.entries()) {
      if (path === RECORD_PATH) record = metadata as ReleaseRecord
      else if (blob) files[path] = showBytes(await site.read(blob))
      if ((metadata as { fingerprinted?: boolean } | null)?.fingerprinted) fingerprinted.push(path)
    }
    if (!record) return null
    const { previous: _previous, skips: _skips, ...rest } = record
    const { version, fork } = await site.state()
    return { key, version, fork, record: rest, files, fingerprinted }
  } finally {
    await site.close()
  }
}

/** Reads the site that a project folder publishes to. @returns null when it has no key or was never published */
export async function readProjectSite(home: string, projectDir: string): Promise<PublishedSite | null> {
  const file = path.join(projectDir, 'sitedrive.json')
  if (!existsSync(file)) return null
  const { key } = JSON.parse(readFileSync(file, 'utf8')) as { key: string }
  return readSite(home, key)
}

/** Which files the pages of the newest release were made of, and what these said, as it is kept on this machine. */
export function keptSources(home: string, projectDir: string): Record<string, [file: string, text: string]> {
  const { key } = JSON.parse(readFileSync(path.join(projectDir, 'sitedrive.json'), 'utf8')) as { key: string }
  const kept = readReleasedSources(sitePaths(home, key))?.sources ?? new Map()
  return Object.fromEntries([...kept].map(([page, { file, text }]) => [page, [file, text]]))
}

/** Keys of the sites that a data directory holds anything of. */
export function sitesIn(home: string): string[] {
  const dir = path.join(home, 'sites')
  return existsSync(dir) ? readdirSync(dir) : []
}
