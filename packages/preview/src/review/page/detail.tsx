import { useEffect, useState } from 'preact/hooks'
import type { DiffAnswer, DiffKind, FileChange, Finding, PageChange, ReviewAnswer } from '../api.js'
import type { Look } from './app.js'
import { Diff } from './diff.js'
import { isPage, readable, type Item } from './items.js'
import { Rendered } from './rendered.js'
import { getDiff } from './server.js'
import { Ticked } from '../../../../mirror/src/private-page/browser/ticked.js'
import { bytes, messageOf } from '../../../../mirror/src/private-page/browser/page-words.js'

interface DetailProps {
  item: Item
  review: ReviewAnswer
  look: Look
  onLook: (look: Look) => void
}

const DONE = { add: 'New', change: 'Changed', remove: 'Removed' }
const IMAGES = /\.(apng|avif|bmp|gif|ico|jpe?g|png|svg|webp)$/i
const TEXTS =
  /\.(atom|css|csv|html?|ics|js|json|map|md|mjs|rss|svg|txt|webmanifest|xhtml|xml|xsl|ya?ml)$|\/_(headers|redirects)$/i

/** One change in full. */
export function Detail({ item, review, look, onLook }: DetailProps) {
  const { change, name } = item
  const looks = looksOf(change)
  const shown = looks.includes(look) ? look : looks[0]
  const findings = review.findings.filter(
    ({ path, alsoIn }) => path === change.path || alsoIn.includes(change.path)
  )
  return (
    <article class="detail">
      <header class="detail-top">
        <p class={`op ${change.op}`}>
          {DONE[change.op]}
          {change.noise !== null && `, only ${change.noise}`}
        </p>
        <h2>{name}</h2>
        <p class="place">
          {isPage(change) ? readable(change.url) : change.path}
          {isPage(change) && change.source !== null && (
            <>
              {' '}
              from <code>{change.source}</code>
            </>
          )}
          <span class="size">{bytes(change.bytes)}</span>
        </p>
        {looks.length > 1 && (
          <div class="looks" role="group" aria-label="Show">
            {looks.map((each) => (
              <button key={each} type="button" aria-pressed={each === shown} onClick={() => onLook(each)}>
                {labelOf(each, change)}
              </button>
            ))}
          </div>
        )}
      </header>
      {findings.map((finding) => (
        <Caution key={`${finding.check} ${finding.value} ${finding.line}`} finding={finding} />
      ))}
      {shown === 'rendered' && (
        <Rendered change={change} review={review} isImage={IMAGES.test(change.path)} />
      )}
      {(shown === 'words' || shown === 'html') && (
        <LoadedDiff change={change} kind={shown} state={`${review.now?.id} ${change.op}`} />
      )}
      {shown === undefined && <p class="quiet-note">There is nothing of it to be shown here but its size.</p>}
    </article>
  )
}

function looksOf(change: PageChange | FileChange): Look[] {
  if (isPage(change)) return ['words', 'html', 'rendered']
  const looks: Look[] = []
  if (IMAGES.test(change.path)) looks.push('rendered')
  if (TEXTS.test(change.path)) looks.push('html')
  return looks
}

function labelOf(look: Look, change: PageChange | FileChange): string {
  if (look === 'words') return 'Words'
  if (look === 'html') return isPage(change) ? 'HTML' : 'Lines'
  return isPage(change) ? 'Before and after' : 'Pictures'
}

function Caution({ finding }: { finding: Finding }) {
  return (
    <p class={`callout ${finding.level === 'error' ? 'bad' : 'warn'}`}>
      <Ticked text={finding.what} /> <Ticked text={finding.remedy} />
    </p>
  )
}

/** @param state the diff is loaded again when it changes */
function LoadedDiff({
  change,
  kind,
  state
}: {
  change: PageChange | FileChange
  kind: DiffKind
  state: string
}) {
  const [diff, setDiff] = useState<DiffAnswer | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  useEffect(() => {
    const ending = new AbortController()
    getDiff(change.path, kind, ending.signal).then(
      (answer) => {
        setDiff(answer)
        setProblem(null)
      },
      (error: unknown) => {
        if (!ending.signal.aborted) setProblem(messageOf(error))
      }
    )
    return () => ending.abort()
  }, [change.path, kind, state])
  if (problem !== null) {
    return (
      <p class="callout bad" role="alert">
        {problem}
      </p>
    )
  }
  return diff?.kind === kind ? <Diff diff={diff} /> : <p class="quiet-note" aria-busy="true" />
}
