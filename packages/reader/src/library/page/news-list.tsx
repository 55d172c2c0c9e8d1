import { ago, moment } from '../../../../mirror/src/private-page/browser/page-words.js'
import type { NewsRow } from '../api.js'

interface NewsListProps {
  news: NewsRow[]
  /** Each is of another site, which is named. */
  isMixed: boolean
}

/** Releases that came, newest first. */
export function NewsList({ news, isMixed }: NewsListProps) {
  return (
    <ol class="releases">
      {news.map((each) => {
        const id = `news-${each.key}-${each.arrivedAt}`
        return (
          <li key={id}>
            <article aria-labelledby={id}>
              <h3 id={id}>
                {isMixed ? (
                  <a href={each.url} target="_blank" rel="noreferrer">
                    <bdi>{each.site}</bdi>
                  </a>
                ) : (
                  numberOf(each)
                )}
              </h3>
              <p class="what">
                <bdi>{each.words || 'Its author does not say what changed.'}</bdi>
              </p>
              <p class="when">
                {isMixed && `${numberOf(each)}, `}
                <time dateTime={each.arrivedAt} title={moment(each.arrivedAt)}>
                  {ago(each.arrivedAt)}
                </time>
              </p>
            </article>
          </li>
        )
      })}
    </ol>
  )
}

function numberOf({ release }: NewsRow): string {
  return release === null ? 'A new version' : `Release ${release}`
}
