import type { LibraryAnswer, NewsRow } from '../api.js'
import { NewsList } from './news-list.js'

interface OverviewProps {
  library: LibraryAnswer
  news: NewsRow[]
  onOpen: () => void
  onMake: () => void
  onNews: () => void
}

/** How many releases the overview shows. */
const FEW = 5

/** What has come, or how to begin. */
export function Overview({ library, news, onOpen, onMake, onNews }: OverviewProps) {
  const isEmpty = library.sites.length === 0
  return (
    <div class="site-detail">
      <h2 class="headline">{isEmpty ? 'Nothing has been read here yet' : 'What is new'}</h2>
      {isEmpty ? (
        <p class="words">
          Whoever gives you a <code>hyper://</code> link gives you a site. Open it: it is fetched from those
          who have it, each byte is checked, and it stays here, also without a network.
        </p>
      ) : (
        news.length === 0 && (
          <p class="words">
            Nothing yet. New releases of the sites that you follow or keep are told here, as they come.
          </p>
        )
      )}
      {!library.isShared && (
        <p class="callout warn">
          This process was started with <code>--no-share</code>: it hands nothing to others, also of the sites
          that are kept.
        </p>
      )}
      <NewsList news={news.slice(0, FEW)} isMixed />
      <p class="deeds">
        {news.length > FEW && (
          <button type="button" class="button large" onClick={onNews}>
            All news
          </button>
        )}
        <button type="button" class="button primary large" onClick={onOpen}>
          Open a link
        </button>
        <button type="button" class="button large" onClick={onMake}>
          New website
        </button>
      </p>
    </div>
  )
}
