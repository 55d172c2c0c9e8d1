/** The 2,048 English words of BIP-39. */
export { wordlist as wordList } from '@scure/bip39/wordlists/english.js'
