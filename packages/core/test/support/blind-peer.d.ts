declare module 'blind-peer' {
  class BlindPeer {
    constructor(dir: string, options: { bootstrap: object[]; trustedPubKeys: Uint8Array[] })
    readonly publicKey: Buffer
    listen(): Promise<void>
    close(): Promise<void>
  }
  export = BlindPeer
}
