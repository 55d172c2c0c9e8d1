import path from 'node:path'
import { linkOf, SitedriveError, type Address, dataDir } from '@sitedrive/core'
import {
  formatBytes,
  makePrivateDir,
  parseBootstrap,
  plural,
  readLocalNetwork
} from '@sitedrive/core/internal'
import { isOwnPublisher, openLocalDht, ownPublisherOf, parseKey } from '@sitedrive/core/drive'
import { openPeer, parseByteCount, type Peer, type PeerOptions } from '@sitedrive/peer'
import { EXIT, untilStopped, type Session } from '@sitedrive/terminal'
import { writeLocalNetwork } from '../local-network.js'
import { readRunning, writeRunning } from '../running-peer.js'

export interface PeerFlags {
  trust?: string[]
  distrust?: string[]
  quota?: string
  /** true: strangers have no quota of their own. */
  allowStrangers?: string | true
  block?: string[]
  unblock?: string[]
  dir?: string
  port?: number
  host?: string
  domain?: string
  statusHost?: string[]
  name?: string[]
  site?: string[]
  cert?: string
  key?: string
  cache?: string
  spa?: boolean
  local?: boolean
}

export async function peer(session: Session, flags: PeerFlags): Promise<number> {
  const { env, screen, signal } = session
  const options = peerOptions(session, flags)
  const cleanups: (() => unknown)[] = []
  try {
    const named = env['SITEDRIVE_BOOTSTRAP']
    const network = flags.local
      ? await localNetwork(session, cleanups)
      : named
        ? parseBootstrap(named)
        : undefined
    screen.progress('Opening the peer')
    const running = await openOnly(options.dir, {
      ...options,
      port: flags.port,
      usualPort: USUAL_PORT,
      bootstrap: network,
      onSiteProblem: (site, problem) => screen.warn(`${linkOf(site)}: ${problem}`),
      ...(flags.local && { alsoTrusts: (publisher) => isOwnPublisher(dataDir(env), publisher) })
    })
    cleanups.push(() => running.close())
    cleanups.push(writeRunning(options.dir, { pid: process.pid, url: running.url }))
    screen.endProgress()
    if (flags.port === undefined && running.port !== USUAL_PORT)
      screen.warn(
        `The port ${USUAL_PORT} is taken, so this peer is at another one, and the web addresses of its sites change. Choose one that stays: \`--port <port>\`.`
      )
    const bootstrap = network?.map(({ host, port }) => `${host}:${port}`).join(',') ?? null
    if (flags.local && bootstrap !== null && !readLocalNetwork(dataDir(env))) {
      makePrivateDir(dataDir(env)) // with `--dir`, nothing else has made it
      cleanups.push(writeLocalNetwork(dataDir(env), { bootstrap, pid: process.pid, peer: running.key }))
    }

    screen.json({ key: running.key, url: running.url, bootstrap })
    const { publishers, sites, usedBytes } = running.status()
    screen.print(`Peer key: ${running.key}`)
    screen.print(`Keeps ${plural(sites.length, 'site')}, ${formatBytes(usedBytes)}.`)
    if (publishers.length === 0 && !flags.local && flags.allowStrangers === undefined) {
      screen.warn(
        'Nobody is trusted yet, so nobody can pin a site here: `--trust <publisher key>`, as `npx sitedrive key show` prints it.'
      )
    }
    screen.print(`To keep a site here, in its project folder: npx sitedrive init --seed ${running.key}`)
    if (flags.local && bootstrap !== null)
      screen.print(
        `Commands with the same data directory find this private network by themselves. Others on this machine need SITEDRIVE_BOOTSTRAP=${bootstrap}`
      )
    screen.print('Ctrl-C stops the peer. Its status page, with the web addresses of its sites:')
    screen.print(running.url)

    session.expectStopSignal()
    await untilStopped(signal)
    screen.info('Stopping.')
    return EXIT.done
  } finally {
    for (const each of cleanups.toReversed()) await each()
  }
}

/**
 * The port of a peer without `--port`: always the same, so that the web addresses of its sites stay. No generator's dev server uses
 * it, and no live preview.
 */
const USUAL_PORT = 4480

/** Opens the peer of a folder. @throws {SitedriveError} STORE_LOCKED, which names the peer that has it open */
async function openOnly(dir: string, options: PeerOptions): Promise<Peer> {
  try {
    return await openPeer(options)
  } catch (cause) {
    if (!(cause instanceof SitedriveError) || cause.code !== 'STORE_LOCKED') throw cause
    const running = readRunning(dir)
    throw new SitedriveError(
      'STORE_LOCKED',
      `A peer runs already with \`${dir}\`${running ? `: pid ${running.pid}, at ${running.url}` : ''}. ` +
        'Look there or stop that one; another peer beside it needs a folder of its own: `--dir <dir>`.',
      { cause }
    )
  }
}

/** Joins the running local network, or starts one. */
async function localNetwork({ env }: Session, cleanups: (() => unknown)[]): Promise<Address[]> {
  if (env['SITEDRIVE_BOOTSTRAP']) {
    throw new SitedriveError(
      'BAD_OPTION',
      '`--local` runs a network of its own, and `--bootstrap` (or SITEDRIVE_BOOTSTRAP) names another: leave one out.'
    )
  }
  const running = readLocalNetwork(dataDir(env))
  if (running) return parseBootstrap(running.bootstrap)
  const dht = await openLocalDht()
  cleanups.push(() => dht.close())
  return dht.bootstrap
}

function peerOptions({ env }: Session, flags: PeerFlags): PeerOptions {
  const { allowStrangers, domain, cert, key } = flags
  if ((cert === undefined) !== (key === undefined)) {
    throw new SitedriveError(
      'BAD_OPTION',
      '`--cert` and `--key` name two files of one certificate: give both.'
    )
  }
  return {
    dir: path.resolve(flags.dir ?? path.join(dataDir(env), 'peer')),
    trust: new Map((flags.trust ?? []).map((text) => readTrust(text, dataDir(env)))),
    distrust: (flags.distrust ?? []).map((key) => parseKey(key, 'publisher')),
    block: (flags.block ?? []).map((key) => parseKey(key)),
    unblock: (flags.unblock ?? []).map((key) => parseKey(key)),
    totalBytes:
      flags.quota === undefined ? undefined : flags.quota === 'none' ? null : parseByteCount(flags.quota),
    strangersBytes:
      allowStrangers === undefined
        ? undefined
        : allowStrangers === true
          ? null
          : parseByteCount(allowStrangers),
    host: flags.host,
    domain: domain?.toLowerCase().replace(/^\.|\.$/g, ''),
    ownHosts: flags.statusHost,
    names: new Map([...(flags.name ?? []).map(readName), ...(flags.site ?? []).map(readHostName)]),
    tls:
      cert === undefined || key === undefined
        ? undefined
        : { certFile: path.resolve(cert), keyFile: path.resolve(key) },
    cacheBytes: flags.cache === undefined ? undefined : parseByteCount(flags.cache),
    spaFallback: flags.spa
  }
}

/** `<publisher key>` or `<publisher key>:<bytes>`. @param home the data directory, whose own sites are known */
function readTrust(text: string, home: string): [string, number | null] {
  const [, word = text, bytes] = /^(\w+):([^:/]*)$/.exec(text) ?? []
  const key = parseKey(word, 'publisher')
  const publisher = ownPublisherOf(home, key)
  if (publisher !== null)
    throw new SitedriveError(
      'BAD_OPTION',
      `\`${key}\` is the key of a site, and a peer trusts publishers. Its publisher's key: \`--trust ${publisher}\`.`
    )
  return [key, bytes === undefined ? null : parseByteCount(bytes)]
}

function readName(text: string): [string, string] {
  const [name, key] = parted(text, '--name blog=<key>')
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return [name, key]
  throw new SitedriveError(
    'BAD_OPTION',
    `\`${name}\` cannot be a name: it becomes a part of a host name, so letters, digits and hyphens alone.`
  )
}

function readHostName(text: string): [string, string] {
  const [name, key] = parted(text, '--site example.org=<key>')
  if (name.includes('.') && /^[a-z0-9.-]{1,253}$/.test(name)) return [name, key]
  throw new SitedriveError('BAD_OPTION', `\`${name}\` is no host name: expected one such as example.org.`)
}

function parted(text: string, example: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1)
    throw new SitedriveError('BAD_OPTION', `\`${text}\` has no name and key: expected \`${example}\`.`)
  return [text.slice(0, at).toLowerCase(), parseKey(text.slice(at + 1))]
}
