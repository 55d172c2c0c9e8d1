import type { LiveStatus, ReviewAnswer, Run } from '../api.js'
import { ago, moment } from '../../../../mirror/src/private-page/browser/page-words.js'

interface HeaderProps {
  review: ReviewAnswer
  status: LiveStatus | null
  run: Run | null
  isLost: boolean
  view: 'changes' | 'history'
  onView: (view: 'changes' | 'history') => void
  onPublish: () => void
  onHelp: () => void
}

export function Header({ review, status, run, isLost, view, onView, onPublish, onHelp }: HeaderProps) {
  const isRunning = run?.state === 'running'
  return (
    <header class="top">
      <div class="site">
        <h1>{review.name}</h1>
        <p class="against">
          {review.last ? (
            <>
              against <strong>release {review.last.release}</strong>,{' '}
              <time dateTime={review.last.publishedAt} title={moment(review.last.publishedAt)}>
                {ago(review.last.publishedAt)}
              </time>
            </>
          ) : (
            'not published yet'
          )}
        </p>
      </div>
      <nav class="views" aria-label="Views">
        <button
          type="button"
          aria-current={view === 'changes' ? 'page' : undefined}
          onClick={() => onView('changes')}
        >
          Changes
        </button>
        <button
          type="button"
          aria-current={view === 'history' ? 'page' : undefined}
          onClick={() => onView('history')}
        >
          History
        </button>
      </nav>
      <div class="actions">
        <p class="status" role="status">
          <Chip status={status} isLost={isLost} />
        </p>
        <a class="button quiet" href={review.previewUrl} target="_blank" rel="noreferrer">
          Preview
        </a>
        <button type="button" class="button quiet icon" onClick={onHelp} aria-label="Keyboard shortcuts">
          ?
        </button>
        <button type="button" class={`button primary${isRunning ? ' is-running' : ''}`} onClick={onPublish}>
          {isRunning ? runningText(run) : 'Publish all'}
        </button>
      </div>
    </header>
  )
}

function runningText({ kind, share, phase }: Run): string {
  const done = share === null || phase === 'build' ? '' : ` ${Math.round(share * 100)} %`
  return kind === 'rollback' ? `Rolling back…${done}` : phase === 'build' ? 'Building…' : `Publishing…${done}`
}

function Chip({ status, isLost }: { status: LiveStatus | null; isLost: boolean }) {
  if (isLost) return <span class="chip warn">Dev process is away</span>
  if (status?.state === 'building') return <span class="chip busy">Building…</span>
  if (status?.state === 'failed') return <span class="chip bad">Build failed</span>
  return null
}
