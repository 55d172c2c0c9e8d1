import {
  AHEAD_BLOCKS,
  MAX_BITFIELD_WORDS,
  MAX_BLOCKS,
  MAX_EXTENSION_BYTES,
  MAX_EXTENSION_NAME,
  MAX_MANIFEST_BYTES,
  MAX_NODE,
  MAX_PROOF_NODES,
  MAX_SIGNERS
} from './wire-limits.js'

// The decoded messages of hypercore's protocol (hypercore 11.37.1, lib/messages.js) and the limits of their fields. Each check
// returns the reason why no honest peer sends the message, or null when the message is valid.

export interface Sync {
  fork: number
  length: number
  remoteLength: number
}
export interface Request {
  id: number
  block: { index: number; nodes: number } | null
  hash: { index: number; nodes: number } | null
  seek: { padding: number } | null
  upgrade: { start: number; length: number } | null
}
export interface Cancel {
  request: number
}
interface Node {
  index: number
}
interface Manifest {
  quorum: number
  signers: unknown[]
  prologue: { length: number } | null
  linked: unknown[] | null
  userData: Uint8Array | null
}
export interface Data {
  request: number
  fork: number
  block: { index: number; nodes: Node[] } | null
  hash: { index: number; nodes: Node[] } | null
  seek: { nodes: Node[] } | null
  upgrade: {
    start: number
    length: number
    nodes: Node[]
    additionalNodes: Node[]
    signature: Uint8Array | null
  } | null
  manifest: Manifest | null
}
export interface Want {
  start: number
  length: number
  any: boolean
}
export interface Bitfield {
  start: number
  bitfield: Uint32Array
}
export interface Range {
  drop: boolean
  start: number
  length: number
}
export interface Extension {
  name: string
  message: Uint8Array
}

export function wrongSync({ length, remoteLength }: Sync): string | null {
  return tooLarge('length', length, MAX_BLOCKS) ?? tooLarge('length of ours', remoteLength, MAX_BLOCKS)
}

export function wrongRequest({ block, hash, seek, upgrade }: Request): string | null {
  return (
    (block && (tooLarge('block', block.index, MAX_BLOCKS) ?? tooLarge('nodes', block.nodes, 64))) ??
    (hash && (tooLarge('node', hash.index, MAX_NODE) ?? tooLarge('nodes', hash.nodes, 64))) ??
    (seek && tooLarge('padding', seek.padding, 65_536)) ??
    (upgrade && tooLarge('length', upgrade.start + upgrade.length, MAX_BLOCKS))
  )
}

export function wrongData({ block, hash, seek, upgrade, manifest }: Data): string | null {
  return (
    (block && (tooLarge('block', block.index, MAX_BLOCKS) ?? wrongNodes(block.nodes))) ??
    (hash && (tooLarge('node', hash.index, MAX_NODE) ?? wrongNodes(hash.nodes))) ??
    (seek && wrongNodes(seek.nodes)) ??
    (upgrade && wrongUpgrade(upgrade)) ??
    (manifest && wrongManifest(manifest))
  )
}

function wrongUpgrade(upgrade: NonNullable<Data['upgrade']>): string | null {
  const { start, length, nodes, additionalNodes, signature } = upgrade
  // Without blocks hypercore reads the last root of an empty tree. The error would end the process.
  // guard: wire: an upgrade by nothing ends no process
  if (length < 1) return 'an upgrade by no block'
  return (
    tooLarge('length', start + length, MAX_BLOCKS) ??
    wrongNodes(nodes) ??
    wrongNodes(additionalNodes) ??
    tooLarge('signature', signature?.length ?? 0, MAX_MANIFEST_BYTES)
  )
}

function wrongManifest({ quorum, signers, prologue, linked, userData }: Manifest): string | null {
  return (
    tooLarge('number of signers', signers.length, MAX_SIGNERS) ??
    tooLarge('quorum', quorum, signers.length) ??
    tooLarge('length', prologue?.length ?? 0, MAX_BLOCKS) ??
    tooLarge('number of linked cores', linked?.length ?? 0, MAX_SIGNERS) ??
    tooLarge('user data', userData?.length ?? 0, MAX_MANIFEST_BYTES)
  )
}

function wrongNodes(nodes: Node[]): string | null {
  if (nodes.length > MAX_PROOF_NODES) return `a proof of ${nodes.length} nodes`
  for (const { index } of nodes) if (index > MAX_NODE) return `a node of ${index}`
  return null
}

export function wrongWant({ start, length }: Want): string | null {
  // Peers round the length up to full segments.
  return tooLarge('block', start, MAX_BLOCKS) ?? tooLarge('length', length, MAX_BLOCKS + AHEAD_BLOCKS)
}

/** @param known the length of the core: the larger of the peer's claim and our own length, in blocks */
export function wrongBitfield({ start, bitfield }: Bitfield, known: number): string | null {
  if (start % 32 !== 0) return `a bitfield that begins at ${start}`
  return (
    tooLarge('bitfield', bitfield.length, MAX_BITFIELD_WORDS) ??
    tooLarge('block', start + bitfield.length * 32, maxBlock(known))
  )
}

/** @param known as for a bitfield */
export function wrongRange({ drop, start, length }: Range, known: number): string | null {
  // Hypercore stores a range from block 0 as one number, and a drop visits only blocks that were set.
  const isOneNumber = start === 0 || drop
  return tooLarge('block', start + length, isOneNumber ? MAX_BLOCKS : maxBlock(known))
}

function maxBlock(known: number): number {
  return Math.min(known, MAX_BLOCKS) + AHEAD_BLOCKS
}

export function wrongExtension({ name, message }: Extension): string | null {
  return (
    tooLarge("extension's name", name.length, MAX_EXTENSION_NAME) ??
    tooLarge("extension's message", message.length, MAX_EXTENSION_BYTES)
  )
}

function tooLarge(what: string, value: number, limit: number): string | null {
  return value <= limit ? null : `a ${what} of ${value}`
}
