import { useState } from 'preact/hooks'
import { CopyLink } from '../../../../mirror/src/private-page/browser/copy-link.js'
import { ago, messageOf, moment } from '../../../../mirror/src/private-page/browser/page-words.js'
import { Ticked } from '../../../../mirror/src/private-page/browser/ticked.js'
import type { SiteRow } from '../api.js'
import { NewsList } from './news-list.js'
import { postInterest, postOpen } from './server.js'

interface SiteDetailProps {
  site: SiteRow
  onForget: () => void
}

/** A site of somebody else: how its copy stands, what it is here for, and what came. */
export function SiteDetail({ site, onForget }: SiteDetailProps) {
  const { standing } = site
  const [problem, setProblem] = useState<string | null>(null)
  const isReadable = standing.kind === 'open'

  const open = async (): Promise<void> => {
    setProblem(null)
    try {
      await postOpen({ link: site.link })
      // Where the browser does not allow it, the same place has a link now.
      if (standing.kind === 'closed') window.open(site.url, '_blank', 'noreferrer')
    } catch (error) {
      setProblem(messageOf(error))
    }
  }

  return (
    <div class="site-detail">
      <h2 class="headline">
        <bdi>{site.name}</bdi>
      </h2>
      <StandingWords site={site} />
      {problem !== null && (
        <p class="callout bad" role="alert">
          <Ticked text={problem} />
        </p>
      )}
      <p class="deeds">
        {isReadable ? (
          <a class="button primary large" href={site.url} target="_blank" rel="noreferrer">
            Read
          </a>
        ) : (
          standing.kind !== 'searching' && (
            <button type="button" class="button primary large" onClick={() => void open()}>
              {standing.kind === 'closed' ? 'Open' : 'Try again'}
            </button>
          )
        )}
        <button type="button" class="button large" onClick={onForget}>
          Forget…
        </button>
      </p>
      <InterestChoice site={site} onProblem={setProblem} />
      <dl class="facts">
        <dt>Address</dt>
        <dd>
          <CopyLink url={site.link} />
        </dd>
        {site.domain !== null && (
          <>
            <dt>Found by</dt>
            <dd>{site.domain}</dd>
          </>
        )}
        {site.release !== null && (
          <>
            <dt>Newest here</dt>
            <dd>release {site.release}</dd>
          </>
        )}
        {site.fork !== null && (
          <>
            <dt>Fork of</dt>
            <dd>
              <CopyLink url={site.fork.link} />
              {site.fork.release !== null && ` at release ${site.fork.release}`}
            </dd>
          </>
        )}
        <dt>Opened</dt>
        <dd>
          <time dateTime={site.openedAt} title={moment(site.openedAt)}>
            {ago(site.openedAt)}
          </time>
        </dd>
      </dl>
      <section aria-labelledby="site-news">
        <h3 id="site-news" class="part">
          New releases
        </h3>
        {site.news.length === 0 ? (
          <p class="quiet-note">None has come since it is here.</p>
        ) : (
          <NewsList news={site.news} isMixed={false} />
        )}
      </section>
    </div>
  )
}

function StandingWords({ site: { standing } }: { site: SiteRow }) {
  if (standing.kind === 'closed')
    return <p class="words">A copy is on this machine. Nobody looks for new releases now.</p>
  if (standing.kind === 'searching')
    return (
      <>
        <p class="words">Looking for somebody who has it…</p>
        <progress aria-label="Looking for somebody who has it" />
      </>
    )
  if (standing.kind === 'problem')
    return (
      <p class="callout bad">
        <Ticked text={standing.message} />
      </p>
    )
  return (
    <>
      <p class="words">
        <Ticked text={standing.words} />
      </p>
      {!standing.isComplete && (
        <progress value={standing.share} max={1} aria-label="How much of it is here">
          {Math.floor(standing.share * 100)} %
        </progress>
      )}
    </>
  )
}

const INTERESTS = [
  { id: 'read', name: 'Read', about: 'It is opened when you want it.' },
  { id: 'followed', name: 'Follow', about: 'New releases are fetched, and told here.' },
  { id: 'kept', name: 'Keep', about: 'The same, and it is here so that others get it from this machine.' }
] as const

const GB = 1e9
const LIMITS = [0.1, 0.5, 2, 10, 50, 200].map((size) => size * GB)

/** What a site is here for, and how large it may become. */
function InterestChoice({ site, onProblem }: { site: SiteRow; onProblem: (text: string | null) => void }) {
  const { key, interest, maxBytes } = site
  const change = async (wanted: {
    interest?: SiteRow['interest']
    maxBytes?: number | null
  }): Promise<void> => {
    onProblem(null)
    try {
      await postInterest({ key, interest, maxBytes, ...wanted })
    } catch (error) {
      onProblem(messageOf(error))
    }
  }
  const limits =
    maxBytes === null || LIMITS.includes(maxBytes) ? LIMITS : [...LIMITS, maxBytes].toSorted((a, b) => a - b)
  return (
    <fieldset class="choice">
      <legend>What it is here for</legend>
      {INTERESTS.map(({ id, name, about }) => (
        <label key={id}>
          <input
            type="radio"
            name={`interest-${key}`}
            value={id}
            checked={interest === id}
            onChange={() => void change({ interest: id })}
          />
          <span>
            <strong>{name}</strong> <span class="about">{about}</span>
          </span>
        </label>
      ))}
      <label class="limit">
        Fetched as a whole up to{' '}
        <select
          value={maxBytes === null ? '' : String(maxBytes)}
          onChange={({ currentTarget: { value } }) =>
            void change({ maxBytes: value === '' ? null : Number(value) })
          }
        >
          <option value="">the usual 2 GB</option>
          {limits.map((limit) => (
            <option key={limit} value={String(limit)}>
              {limit < GB ? `${Math.round(limit / 1e6)} MB` : `${+(limit / GB).toFixed(1)} GB`}
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  )
}
