import { createRequire } from 'node:module'

/**
 * The 2,048 English words of BIP-39.
 *
 * Not `import … with { type: 'json' }`: Node 20 prints an experimental warning for it.
 */
export const wordList = createRequire(import.meta.url)('bip39-mnemonic/wordlist/english.json') as string[]
