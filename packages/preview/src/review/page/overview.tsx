import { useMemo, useState } from 'preact/hooks'
import type { Finding, ReviewAnswer } from '../api.js'
import { CopyLink } from '../../../../mirror/src/private-page/browser/copy-link.js'
import { type Item } from './items.js'
import type { ReviewState } from './state.js'
import { Ticked } from '../../../../mirror/src/private-page/browser/ticked.js'
import { plural } from '../../../../mirror/src/private-page/browser/page-words.js'

interface OverviewProps {
  review: ReviewAnswer
  state: ReviewState
  items: Item[]
  onOpen: (item: Item) => void
  onPublish: () => void
}

/** The lines around the place where a build failed. */
function Source({ first, lines, marked }: { first: number; lines: string[]; marked: number }) {
  return (
    <pre tabIndex={0} aria-label="Where it failed" class="source">
      {lines.map((line, index) => {
        const number = first + index
        const text = `${number === marked ? '>' : ' '} ${String(number).padStart(4)} | ${line}\n`
        return number === marked ? <strong key={number}>{text}</strong> : text
      })}
    </pre>
  )
}

/** A summary of the release that a publish would make, with the findings of the checks. */
export function Overview({ review, state, items, onOpen, onPublish }: OverviewProps) {
  const { summary, now } = review
  const failure = state.status?.state === 'failed' ? state.status.failure : null
  return (
    <div class="overview">
      {failure && (
        <section class="callout bad" aria-label="The last build failed">
          <h2>The last build failed</h2>
          {failure.file && (
            <p class="where">
              {failure.file}
              {failure.line !== null && `:${failure.line}`}
            </p>
          )}
          <pre tabIndex={0} aria-label="Why it failed">
            {failure.message}
          </pre>
          {failure.source && failure.line !== null && <Source {...failure.source} marked={failure.line} />}
          <p>What follows compares the last build that went well.</p>
        </section>
      )}
      <Headline review={review} />
      {summary.words !== '' && count(review) > 0 && <p class="words">{summary.words}</p>}
      {now !== null && <Findings review={review} items={items} onOpen={onOpen} />}
      <dl class="facts">
        {review.link && (
          <>
            <dt>Address</dt>
            <dd>
              <CopyLink url={review.link} />
            </dd>
          </>
        )}
        {review.mirror && (
          <>
            <dt>On the web</dt>
            <dd>
              <CopyLink url={review.mirror} isWeb />
            </dd>
          </>
        )}
        <dt>Live preview</dt>
        <dd>
          <a href={review.previewUrl} target="_blank" rel="noreferrer">
            {review.previewUrl}
          </a>
        </dd>
        {now && (
          <>
            <dt>Files</dt>
            <dd>{now.files.toLocaleString('en')}</dd>
          </>
        )}
        <dt>Publish all</dt>
        <dd>
          {review.build.command === null ? (
            <>
              publishes <code>{review.build.dir}</code> as it is
            </>
          ) : (
            <>
              runs <code>{review.build.command}</code>
            </>
          )}
        </dd>
      </dl>
      {review.permission.kind === 'never' && <p class="callout">{review.permission.message}</p>}
      {now !== null && count(review) > 0 && (
        <p>
          <button type="button" class="button primary large" onClick={onPublish}>
            Publish all
          </button>
        </p>
      )}
    </div>
  )
}

function count({ counts: { added, changed, removed } }: ReviewAnswer): number {
  return added + changed + removed
}

function Headline({ review }: { review: ReviewAnswer }) {
  const { now, last, counts } = review
  if (!now) {
    return (
      <>
        <h2 class="headline">Waiting for the first build</h2>
        <p class="words">What it would publish is shown here as soon as it is there.</p>
      </>
    )
  }
  if (count(review) === 0) {
    return (
      <>
        <h2 class="headline">Nothing to publish</h2>
        <p class="words">What you see in the preview is what release {last?.release} has.</p>
      </>
    )
  }
  if (!last) {
    return (
      <>
        <h2 class="headline">The first publish</h2>
        <p class="words">
          {plural(counts.added, 'file')} {counts.added === 1 ? 'is' : 'are'} new to the world.
          {review.key === null && ' It makes the site’s key, and its address.'}
        </p>
      </>
    )
  }
  const parts = [
    [counts.added, 'added'],
    [counts.changed, 'changed'],
    [counts.removed, 'removed']
  ].filter(([number]) => number !== 0)
  return (
    <h2 class="headline">
      {parts.map(([number, word]) => `${number!.toLocaleString('en')} ${word}`).join(', ')}
    </h2>
  )
}

/** Further findings are shown when the person asks for them. */
const FEW_FINDINGS = 100

interface FindingsProps {
  review: ReviewAnswer
  items: Item[]
  onOpen: (item: Item) => void
}

function Findings({ review, items, onOpen }: FindingsProps) {
  const { findings } = review
  const [isAll, setAll] = useState(false)
  const itemOf = useMemo(() => new Map(items.map((item) => [item.change.path, item])), [items])
  if (findings.length === 0) return <p class="quiet-note">{withoutFindings(review)}</p>
  return (
    <section class="findings" aria-labelledby="findings-title">
      <h3 id="findings-title">{plural(findings.length, 'thing')} to look at before you publish</h3>
      <ol>
        {findings.slice(0, isAll ? undefined : FEW_FINDINGS).map((finding, number) => (
          <FindingRow key={number} finding={finding} item={itemOf.get(finding.path)} onOpen={onOpen} />
        ))}
      </ol>
      {!isAll && findings.length > FEW_FINDINGS && (
        <button type="button" class="button" onClick={() => setAll(true)}>
          {(findings.length - FEW_FINDINGS).toLocaleString('en')} more
        </button>
      )}
    </section>
  )
}

function withoutFindings({ isChecking, checksMode, checksProblem }: ReviewAnswer): string {
  if (checksMode === 'off') return 'The checks are switched off, but for secrets.'
  if (isChecking) return 'Checking links, assets and drafts…'
  if (checksProblem !== null) return `The checks could not be made: ${checksProblem}`
  return 'The checks found nothing.'
}

function FindingRow({
  finding,
  item,
  onOpen
}: {
  finding: Finding
  item: Item | undefined
  onOpen: (item: Item) => void
}) {
  const place = `${finding.source ?? finding.path}${finding.line === null ? '' : `:${finding.line}`}`
  return (
    <li class={`finding ${finding.level}`}>
      <p class="what">
        <span class="level">{finding.level}</span> <Ticked text={finding.what} />
      </p>
      <p class="remedy">
        <Ticked text={finding.remedy} />
      </p>
      <p class="where">
        {item ? (
          <button type="button" class="link" onClick={() => onOpen(item)}>
            {place}
          </button>
        ) : (
          place
        )}
        {finding.count > 1 && ` and ${plural(finding.count - 1, 'more place')}`}
      </p>
    </li>
  )
}
