import { SitedriveError } from '../error.js'

/** One DHT node's address. */
export interface Address {
  host: string
  port: number
}

/**
 * Reads `host:port`, several separated by commas.
 *
 * @throws {SitedriveError} BAD_OPTION
 */
export function parseBootstrap(text: string): Address[] {
  return text.split(',').map((part) => {
    const match = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(part.trim())
    const port = Number(match?.[2])
    if (!match?.[1] || port < 1 || port > 65535) {
      throw new SitedriveError(
        'BAD_OPTION',
        `\`${part}\` is no DHT node: expected host:port, such as 127.0.0.1:49737.`
      )
    }
    return { host: match[1], port }
  })
}
