import type { RequestListener } from 'node:http'
import { siteFeed, type FollowedSite } from '../feed/site-feed.js'
import { EventStreams } from './event-streams.js'
import { liveListener } from './live-listener.js'
import { Visitors } from './visitors.js'

/** Answers for a published site whose open pages update themselves. */
export interface LiveSite {
  listener: RequestListener
  close(): Promise<void>
}

/** Shows a followed site to this machine; each page has the script in it that keeps it up to date. Closing it leaves the site open. */
export function openLiveSite(site: FollowedSite): LiveSite {
  const feed = siteFeed(site)
  const streams = new EventStreams(feed)
  return {
    listener: liveListener({ feed, streams, visitors: new Visitors([]) }),
    close: async () => {
      streams.close()
      await feed.close()
    }
  }
}
