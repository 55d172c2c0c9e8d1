// The Holepunch packages ship no declarations. Tests use them as an unmodified client does; only what they call is here.

declare module 'corestore' {
  import type { Duplex } from 'node:stream'
  export default class Corestore {
    constructor(dir: string)
    readonly storage: { hasCore(discoveryKey: Uint8Array): Promise<boolean> }
    ready(): Promise<void>
    close(): Promise<void>
    get(options: { name: string } | { key: Uint8Array }): unknown
    namespace(name: string): Corestore
    session(): Corestore
    replicate(stream: Duplex): Duplex
  }
}

declare module 'hyperdht' {
  import type { Duplex } from 'node:stream'
  interface KeyPair {
    publicKey: Buffer
    secretKey: Buffer
  }
  export default class DHT {
    static keyPair(seed: Uint8Array): KeyPair
    constructor(options: { bootstrap: { host: string; port: number }[]; keyPair: KeyPair })
    readonly defaultKeyPair: KeyPair
    connect(publicKey: Uint8Array): Duplex & { opened: Promise<boolean> }
    destroy(options: { force: boolean }): Promise<void>
  }
}

declare module 'hyperdrive' {
  import type Corestore from 'corestore'
  export default class Hyperdrive {
    constructor(store: Corestore, key?: Uint8Array)
    ready(): Promise<void>
  }
}

declare module 'protomux' {
  import type { Duplex } from 'node:stream'
  interface Channel {
    messages: { send(value: unknown): boolean }[]
    open(): void
  }
  export default class Protomux {
    static from(stream: Duplex): Protomux
    createChannel(options: {
      protocol: string
      unique?: boolean
      messages: { encoding: unknown }[]
    }): Channel | null
  }
}

declare module 'blind-peering' {
  export default class BlindPeering {
    constructor(dht: unknown, store: unknown, options: { keys: Uint8Array[] })
    addCoreBackground(core: unknown, options: { announce: boolean }): void
    close(): Promise<void>
  }
}
