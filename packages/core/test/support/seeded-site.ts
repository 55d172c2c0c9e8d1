import { cpSync, readFileSync } from 'node:fs'
import type { Address } from '../../src/holepunch/bootstrap.js'
import { readHead, writeHead } from '../../src/machine/signed-head.js'
import { parseKey } from '../../src/holepunch/site-key.js'
import { deriveKeys } from '../../src/holepunch/key-pairs.js'
import type { Published } from '../../src/outcome/outcome.js'
import { projectFile, readProject, writeProject } from '../../src/project/project-file.js'
import type { PublisherOptions } from '../../src/publish/publisher-contract.js'
import { localDht, ownSeed } from './seeds.js'
import { Workshop } from './workshop.js'

export const SITE = { 'index.html': 'one', 'about.html': 'about', 'image.bin': Buffer.alloc(150_000) }
/** For seeds that are known to be away. */
export const QUICK = { dialTimeoutMs: 3_000, stallMs: 2_000 }

/** A site that has its key, and its publisher's network key. */
export async function newSite(): Promise<{ shop: Workshop; publisherKey: string }> {
  const shop = new Workshop(SITE)
  await shop.publish()
  const secret = Buffer.from(readFileSync(shop.paths.secret, 'utf8').trim(), 'hex')
  return { shop, publisherKey: deriveKeys(secret).publisherKey }
}

/** Names the seeds of a site in its project. */
export function pin(shop: Workshop, seeds: string[], confirm?: number): void {
  const project = readProject(shop.projectDir, parseKey)
  if (project) writeProject(shop.projectDir, { ...project, seeds, ...(confirm && { confirm }) })
}

/** A site of which one seed holds the second release. */
export async function seededSite(): Promise<{
  bootstrap: Address[]
  shop: Workshop
  seed: Awaited<ReturnType<typeof ownSeed>>
}> {
  const bootstrap = await localDht()
  const { shop } = await newSite()
  const seed = await ownSeed(bootstrap)
  pin(shop, [seed.key])
  shop.write({ 'index.html': 'two' })
  await publish(shop, bootstrap)
  return { bootstrap, shop, seed }
}

/** Another machine: the project with the secret in its environment, and an empty store. */
export function freshMachine(shop: Workshop): Workshop {
  const other = new Workshop()
  cpSync(projectFile(shop.projectDir), projectFile(other.projectDir))
  other.write(shop.onDisk())
  other.env['SITEDRIVE_SECRET'] = readFileSync(shop.paths.secret, 'utf8').trim()
  return other
}

/** As `sitedrive key show --secret` leaves it: from now on there may be another machine. */
export function exportKey(shop: Workshop): void {
  const head = readHead(shop.paths.head)
  if (head) writeHead(shop.paths.head, { ...head, exclusive: false })
}

export function publish(
  shop: Workshop,
  bootstrap: Address[],
  options: Partial<PublisherOptions> = {}
): Promise<Published> {
  return shop.publish({ bootstrap, ...options })
}
