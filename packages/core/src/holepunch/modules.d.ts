// The Holepunch packages ship no type declarations. This file declares only what this folder uses.

declare module 'z32' {
  export const ALPHABET: string
  export function encode(bytes: Uint8Array): string
  export function decode(text: string): Uint8Array
}

declare module 'fs-native-extensions' {
  export function tryLock(fd: number): boolean
  export function unlock(fd: number): void
}

declare module 'hypercore-crypto' {
  export interface KeyPair {
    publicKey: Buffer
    secretKey: Buffer
  }
  export function keyPair(seed?: Uint8Array): KeyPair
  export function discoveryKey(key: Uint8Array): Buffer
}

declare module 'hypercore' {
  import type { EventEmitter } from 'node:events'
  import type { Duplex } from 'node:stream'
  import type { KeyPair } from 'hypercore-crypto'

  namespace Hypercore {
    interface Manifest {
      version: number
      signers: { publicKey: Uint8Array }[]
    }
    /** What a peer says of its state. */
    interface Sync {
      fork: number
      length: number
    }
    interface Peer {
      readonly core: Core
      remotePublicKey: Buffer
      remoteLength: number
      remoteFork: number
      remoteContiguousLength: number
      remoteBitfield: { get(index: number): boolean }
      remoteOpened: boolean
      remoteSynced: boolean
      /** The limits of open requests to the peer: [least, most]. */
      inflightRange: readonly [number, number]
      /** Requests of the peer that are not answered yet. */
      remoteRequests: Map<number, unknown>
      _fulfillRequest(request: { msg: { id: number; fork: number } }, isPushed: boolean): Promise<void>
      onrequest(request: object): Promise<void>
      onsync: (this: Peer, message: Sync) => Promise<void>
      onrange: (this: Peer, message: object) => Promise<void>
      sendSync: (this: Peer) => void
      /** Sends the state, after it has found out whether it can be proved to the peer. */
      signalUpgrade(): void
      wireNoData: { send(message: { request: number; reason: number }): boolean }
      wireRequest: { send(message: object): boolean }
      onnodata(message: { request: number; reason: number }): void
      ondata(message: { request: number; block: { index: number } | null }): Promise<void> | undefined
      readonly stream: Duplex
      readonly channel: { close(): void }
    }
    /** What all sessions of a core have in common. */
    interface Core {
      ready(): Promise<void>
      header: { hints: { contiguousLength: number; remoteContiguousLength: number } }
      hintsChanged: boolean
      flushHints(): Promise<void>
      verifier: { sign(batch: GrowingTree, keyPair: KeyPair): Buffer }
      state: State
      bitfield: { get(index: number): boolean; countSet(start: number, length: number): number }
      replicator: {
        _unmarkInflight(index: number): void
        queueUpdateAll(): void
        constructor: { Peer: { prototype: Peer } }
        /** @param muxer what is on the `userData` of a stream that the core was replicated on */
        detachFrom(muxer: unknown): void
      }
    }
    interface TreeNode {
      index: number
      size: number
      hash: Buffer
    }
    interface State {
      fork: number
      /** The nodes from which the signed hash is made. */
      roots: TreeNode[]
      storage: Storage
      createTreeBatch(): object
    }
    interface Storage {
      /** @param fork @default no cache is used */
      read: (this: Storage, fork?: number) => TreeReader
      write: (this: Storage) => TreeChanges
    }
    /** Reads in the store that are made at once. */
    interface TreeReader {
      read: { readonly _operations?: unknown[] }
      getTreeNode: (this: TreeReader, index: number) => Promise<TreeNode | null>
      tryFlush: (this: TreeReader) => void
      destroy(): void
    }
    /** Changes in the store that are made at once. */
    interface TreeChanges {
      putTreeNode: (this: TreeChanges, node: TreeNode) => void
      deleteTreeNode: (this: TreeChanges, index: number) => void
      deleteTreeNodeRange: (this: TreeChanges, start: number, end: number) => void
      flush: (this: TreeChanges) => Promise<boolean>
    }
    /** A change of the tree before it is stored. Lengths in blocks. */
    interface TreeBatch {
      /** How many blocks the old and the new state have in common. */
      ancestors: number
      /** The length of the old state. */
      treeLength: number
      _commitUpgrade: (this: TreeBatch, changes: { deleteTreeNode(index: number): void }) => void
    }
    /** A tree that grows with each block, before it is stored. */
    interface GrowingTree {
      readonly fork: number
      readonly length: number
      readonly byteLength: number
      readonly roots: object[]
      /** What was added to it and is not stored yet. */
      nodes: object[]
      append(block: Uint8Array): void
      hash(): Buffer
    }
    /** Changes that are stored together. Ranges: from, and up to an end; -1: all that follows. */
    interface StoreChanges {
      putBlock(index: number, block: Uint8Array): void
      putTreeNode(node: object): void
      putBitfieldPage(index: number, page: Uint8Array): void
      setHead(head: object): void
      setHints(hints: { contiguousLength: number; remoteContiguousLength: number }): void
      deleteBlockRange(start: number, end: number): void
      deleteTreeNode(index: number): void
      deleteTreeNodeRange(start: number, end: number): void
      flush(): Promise<unknown>
    }
    interface StoreReads {
      getTreeNode(index: number): Promise<object | null>
      getBitfieldPage(index: number): Promise<Uint8Array | null>
      /** Begins to read what was asked for. */
      tryFlush(): void
    }
    interface Range {
      done(): Promise<boolean>
      destroy(error?: Error): void
    }
  }

  class Hypercore extends EventEmitter {
    constructor(dir: string, key?: Uint8Array)
    static readonly SMALL_WANTS: number
    static enable(flag: number): void
    static key(manifest: Hypercore.Manifest): Buffer
    static parseManifest(manifest: Hypercore.Manifest, key: Uint8Array): Hypercore.Manifest
    static treeHashFromStorage(core: Hypercore, length: number): Promise<Buffer>
    readonly key: Buffer
    readonly discoveryKey: Buffer
    readonly length: number
    readonly byteLength: number
    readonly fork: number
    readonly contiguousLength: number
    readonly writable: boolean
    readonly peers: Hypercore.Peer[]
    readonly keyPair: KeyPair | null
    readonly manifest: Hypercore.Manifest | null
    readonly closed: boolean
    readonly core: Hypercore.Core
    readonly state: {
      storage: { core: unknown; read(): Hypercore.StoreReads; write(): Hypercore.StoreChanges }
      signature: Buffer
      readonly length: number
      mutex: { readonly locked: boolean; lock(): Promise<void>; unlock(): void }
      hash(): Buffer
      /** As of the core, but does not ask for a signature. */
      truncate(length: number, fork: number): Promise<void>
      createTreeBatch(): Hypercore.GrowingTree
      /** Of the state while its mutex is locked; `flush` stores it. */
      createWriteBatch(): Hypercore.StoreChanges
      flush(): Promise<unknown>
      /** Tells of new blocks. */
      onappend(head: object, blocks: { drop: false; start: number; length: number }, isStored: true): void
      _unlock(): void
    }
    readonly encryption: object | null
    readonly closing: Promise<void> | null
    ready(): Promise<void>
    close(): Promise<void>
    append(blocks: Uint8Array | Uint8Array[]): Promise<unknown>
    /** Removes the bytes of blocks from this machine. @param end after the last one. @default `start + 1` */
    clear(start: number, end?: number): Promise<unknown>
    /** @param options.signature of that length and fork; needed where there is no secret key, but for length 0 */
    truncate(length: number, options: { fork: number; signature?: Buffer }): Promise<void>
    /** What a store keeps beside a core, under a name. */
    getUserData(name: string): Promise<Buffer | null>
    setUserData(name: string, value: Uint8Array): Promise<void>
    get(index: number, options?: { wait?: boolean; timeout?: number }): Promise<Buffer | null>
    has(start: number, end?: number): Promise<boolean>
    download(range: { start: number; end: number; linear?: boolean } | { blocks: number[] }): Hypercore.Range
    update(options?: { wait?: boolean }): Promise<boolean>
    session(): Hypercore
    snapshot(): Hypercore
    /** @param connection a duplex stream, or whether this side is the initiator */
    replicate(connection: Duplex | boolean): Duplex
    treeHash(length?: number): Promise<Buffer>
    session(options?: object): Hypercore
    registerExtension(
      name: string,
      handlers: { encoding: string; onmessage(message: unknown, from: Hypercore.Peer): void }
    ): { broadcast(message: unknown): void; destroy(): void }
  }
  export = Hypercore
}

declare module 'hypercore/lib/merkle-tree.js' {
  import type Hypercore from 'hypercore'
  export const MerkleTree: {
    /** How many nodes are missing from a node up to the first that is in the store. */
    missingNodes: (state: Hypercore.State, index: number, length: number) => Promise<number>
  }
}

declare module 'rache' {
  /** Caches that share a number of entries. */
  class Rache<Key = unknown, Value = unknown> {
    constructor(options?: { maxSize?: number })
    /** A cache within that number, with keys of its own. */
    sub(): Rache<Key, Value>
    get(key: Key): Value | undefined
    set(key: Key, value: Value): void
    clear(): void
  }
  export = Rache
}

declare module 'hypercore-storage' {
  class HypercoreStorage {
    constructor(
      dir: string,
      options?: {
        blockCache?: boolean
        tableCacheIndexAndFilterBlocks?: boolean
        /** Bytes in memory before they are written to a file. @default 64 MB */
        writeBufferSize?: number
        /** The share of files, oldest first, whose used bytes are written anew when others are. @default 0.25 */
        blobGarbageCollectionAgeCutOff?: number
      }
    )
  }
  export default HypercoreStorage
}

declare module 'corestore' {
  import type { Duplex } from 'node:stream'
  import type Hypercore from 'hypercore'
  import type HypercoreStorage from 'hypercore-storage'
  import type { KeyPair } from 'hypercore-crypto'
  import type Rache from 'rache'

  class Corestore {
    constructor(
      storage: string | HypercoreStorage,
      options?: {
        readOnly?: boolean
        wait?: boolean
        allowBackup?: boolean
        unsafe?: boolean
        primaryKey?: Uint8Array
        /** For the nodes of all indexes in it. @default 65,536 nodes for each index */
        globalCache?: Rache
      }
    )
    readonly storage: {
      deleteCore(pointer: unknown): Promise<void>
      createDiscoveryKeyStream(): AsyncIterable<Uint8Array>
      getInfos(
        discoveryKeys: Uint8Array[],
        options: { auth: boolean; hints: boolean }
      ): Promise<({ core: unknown; head: { length: number } | null } | null)[]>
      compact(options: object): Promise<void>
      readonly db: { flush(): Promise<void> }
      /** @internal for tests: how many values were read from the disk */
      readonly rocks: { readonly stats: { readonly gets: number } }
    }
    ready(): Promise<void>
    close(): Promise<void>
    session(options?: { writable?: boolean }): Corestore
    /** Calls back for each core that is opened from now on, before it is used. */
    watch(listener: (core: object) => void): void
    get(options: {
      key?: Uint8Array
      manifest?: Hypercore.Manifest
      keyPair?: KeyPair
      exclusive?: boolean
      encryptionKey?: Uint8Array | null
      writable?: boolean
      active?: boolean
    }): Hypercore
    replicate(connection: unknown): Duplex
  }
  export = Corestore
}

declare module 'hyperbee' {
  import type Hypercore from 'hypercore'
  class Hyperbee {
    constructor(
      core: Hypercore,
      options: { keyEncoding: string; valueEncoding: string; metadata: object; extension: false }
    )
    /** Waits for the first block. */
    static isHyperbee(core: Hypercore): Promise<boolean>
    readonly core: Hypercore
  }
  export = Hyperbee
}

declare module 'hyperbee/lib/messages.js' {
  const messages: {
    YoloIndex: { encode(index: { levels: { keys: number[]; children: number[] }[] }): Buffer }
    Node: { encode(block: { index: Buffer; key: Buffer; value: Buffer }): Buffer }
  }
  export default messages
}

declare module 'hyperdrive' {
  import type { Readable } from 'node:stream'
  import type Corestore from 'corestore'
  import type Hyperbee from 'hyperbee'
  import type Hypercore from 'hypercore'

  namespace Hyperdrive {
    interface Blob {
      blockOffset: number
      blockLength: number
      byteOffset: number
      byteLength: number
    }
    interface Node {
      seq: number
      key: string
      value: { executable: boolean; linkname: string | null; blob: Blob | null; metadata: unknown }
    }
    /** The index, a B-tree. In a batch: as it will be, while `core` has not grown yet. */
    interface Tree {
      readonly core: Hypercore
      /** @returns null when the tree is empty */
      getRoot(ensureHeader: boolean): Promise<TreeNode | null>
    }
    interface TreeNode {
      readonly block: { readonly seq: number }
      readonly keys: readonly unknown[]
      readonly children: readonly unknown[]
      getKey(index: number): Promise<Buffer>
      getChildNode(index: number): Promise<TreeNode>
    }
    interface Blobs {
      core: Hypercore
      createReadStream(
        blob: Blob,
        options?: { start?: number; length?: number; timeout?: number; wait?: boolean; core?: Hypercore }
      ): Readable
    }
  }

  class Hyperdrive {
    constructor(
      store: Corestore,
      key?: Uint8Array | object,
      options?: { _db?: Hyperbee; encryptionKey?: Uint8Array | null; extension?: false }
    )
    static getContentManifest(manifest: Hypercore.Manifest, key: Uint8Array): Hypercore.Manifest | null
    readonly core: Hypercore
    readonly db: Hyperdrive.Tree
    readonly blobs: Hyperdrive.Blobs | null
    once(event: 'blobs', listener: (blobs: Hyperdrive.Blobs) => void): this
    off(event: 'blobs', listener: (blobs: Hyperdrive.Blobs) => void): this
    readonly version: number
    readonly key: Buffer
    ready(): Promise<void>
    close(): Promise<void>
    getBlobs(): Promise<Hyperdrive.Blobs>
    batch(): Hyperdrive
    checkout(version: number): Hyperdrive
    putEntry(path: string, entry: { blob: Hyperdrive.Blob | null; metadata: unknown }): Promise<void>
    del(path: string): Promise<void>
    flush(): Promise<void>
    entry(path: string, options?: { wait?: boolean; timeout?: number }): Promise<Hyperdrive.Node | null>
    entries(range?: object, options?: object): AsyncIterable<Hyperdrive.Node>
    get(path: string, options?: { wait?: boolean; timeout?: number }): Promise<Buffer | null>
    diff(
      version: number,
      folder: string,
      options?: { wait?: boolean; timeout?: number }
    ): AsyncIterable<{ left: Hyperdrive.Node | null; right: Hyperdrive.Node | null }>
  }
  export = Hyperdrive
}

declare module 'hyperswarm' {
  import type { EventEmitter } from 'node:events'
  import type { Duplex } from 'node:stream'
  import type { KeyPair } from 'hypercore-crypto'
  import type DHT from 'hyperdht'

  namespace Hyperswarm {
    interface Connection extends Duplex {
      remotePublicKey: Buffer
      rawStream?: { remoteHost?: string | null }
      userData?: unknown
    }
    interface Server {
      /** @returns true: the peer is refused */
      firewall: (publicKey: Buffer, payload: unknown, address?: { host: string }) => unknown
    }
    interface Discovery {
      flushed(): Promise<void>
      destroy(): Promise<void>
    }
  }
  class Hyperswarm extends EventEmitter {
    constructor(options: {
      keyPair?: KeyPair
      bootstrap?: { host: string; port: number }[]
      dht?: DHT
      maxPeers?: number
    })
    readonly dht: DHT
    readonly keyPair: KeyPair
    readonly connections: Set<Hyperswarm.Connection>
    readonly server: Hyperswarm.Server
    /** Connects to a peer that was found for a topic, unless that is connected. `relayAddresses`: nodes that know the way to it. */
    _handlePeer(
      peer: { publicKey: Buffer; relayAddresses: { host: string; port: number }[] },
      topic: Uint8Array
    ): void
    listen(): Promise<void>
    join(topic: Uint8Array, options: { server: boolean; client: boolean }): Hyperswarm.Discovery
    leave(topic: Uint8Array): Promise<void>
    joinPeer(publicKey: Uint8Array): void
    leavePeer(publicKey: Uint8Array): void
    flush(): Promise<void>
    destroy(options?: { force?: boolean }): Promise<void>
  }
  export = Hyperswarm
}

declare module 'hyperdht' {
  import type { Duplex } from 'node:stream'
  import type { KeyPair } from 'hypercore-crypto'

  namespace DHT {
    interface Socket extends Duplex {
      readonly remotePublicKey: Buffer
      readonly opened: Promise<boolean>
      /** The muxer of the cores that are replicated on it. */
      userData: unknown
      /** UDX: the stream below the encryption. */
      readonly rawStream?: {
        readonly remoteHost?: string | null
        /** Smoothed, milliseconds. */
        readonly rtt: number
        /** Bytes that were sent and not acknowledged yet. */
        readonly inflight: number
        readonly bytesTransmitted: number
        readonly packetsReceived: number
      }
    }
  }
  class DHT {
    static readonly BOOTSTRAP: readonly string[]
    connect(
      publicKey: Uint8Array,
      options: { keyPair?: KeyPair; relayAddresses?: { host: string; port: number }[] }
    ): DHT.Socket
    constructor(options: {
      bootstrap?: { host: string; port: number }[] | string[]
      host?: string
      port?: number
      ephemeral?: boolean
      firewalled?: boolean
    })
    /** The address at which others see this node; null, and port 0, when they do not agree. */
    readonly port: number
    readonly host: string | null
    /** Others see it at one address and at different ports. */
    readonly randomized: boolean
    fullyBootstrapped(): Promise<void>
    /** The nodes that have answered. */
    toArray(): { host: string; port: number }[]
    address(): { host: string; port: number }
    /** Where this node listens for requests; null before it does. */
    localAddress(): { host: string; port: number } | null
    destroy(options?: { force?: boolean }): Promise<void>
  }
  export = DHT
}

declare module 'device-file' {
  class DeviceFile {
    /** @returns false: the file was copied or moved here. A missing file is valid */
    static validate(filename: string, data: { id: string | null }): Promise<boolean>
  }
  export default DeviceFile
}

declare module 'protomux' {
  import type { Duplex } from 'node:stream'

  namespace Protomux {
    interface Message {
      send(value: unknown): boolean
    }
    interface Channel {
      userData: unknown
      messages: Message[]
      open(): void
      close(): void
      _decAndMaybeDestroy(error: unknown): void
    }
    interface MessageOptions {
      encoding: unknown
      onmessage?: ((value: never, channel: Channel) => unknown) | undefined
    }
    interface ChannelOptions {
      protocol: string
      messages?: MessageOptions[]
      onopen?: (handshake: unknown, channel: Channel) => unknown
      onclose?: (isRemote: boolean, channel: Channel) => unknown
      ondrain?: (channel: Channel) => unknown
    }
  }
  class Protomux {
    static from(stream: Duplex): Protomux
    constructor(stream: Duplex)
    drained: boolean
    pair(options: { protocol: string; id?: Uint8Array }, notify: () => void): void
    createChannel(options: Protomux.ChannelOptions): Protomux.Channel | null
    cork(): void
    uncork(): void
    destroy(error?: Error): void
    _ondata(frame: Uint8Array): void
    _safeDestroy(error: unknown): void
    _warn(error: unknown): void
  }
  export = Protomux
}

declare module 'compact-encoding' {
  interface Encoding<T> {
    preencode(state: object, value: T): void
    encode(state: object, value: T): void
    decode(state: object): T
  }
  export const string: Encoding<string>
}

declare module 'blind-peer-muxer' {
  import type { Duplex } from 'node:stream'

  namespace BlindPeerMuxer {
    interface Cores {
      cores: { key: Uint8Array; length: number }[]
      priority: number
      announce: boolean
      referrer: Uint8Array | null
    }
  }
  class BlindPeerMuxer {
    constructor(
      stream: Duplex,
      handlers?: { oncores?: (request: BlindPeerMuxer.Cores) => void; onclose?: () => void }
    )
    static pair(stream: Duplex, notify: () => void): void
    addCores(request: BlindPeerMuxer.Cores): boolean
  }
  export = BlindPeerMuxer
}

declare module 'hyperdht/testnet.js' {
  import type DHT from 'hyperdht'
  interface Testnet {
    nodes: DHT[]
    bootstrap: { host: string; port: number }[]
    destroy(): Promise<void>
  }
  export default function createTestnet(size: number, options?: object): Promise<Testnet>
}
