import { useState } from 'preact/hooks'
import type { ReviewAnswer, Run } from '../api.js'
import { Dialog } from '../../../../mirror/src/private-page/browser/dialog.js'
import { PublishQuestion } from './publish-question.js'
import { PublishRun } from './publish-run.js'
import type { ReviewState } from './state.js'

interface PublishDialogProps {
  state: ReviewState
  review: ReviewAnswer
  onClose: () => void
}

/** Asks whether to publish, then shows the run. */
export function PublishDialog({ state, review, onClose }: PublishDialogProps) {
  const { run } = state
  /** The run whose end was already seen when the dialog opened, or dismissed since: the question is shown instead. */
  const [readRun, setReadRun] = useState(run !== null && run.state !== 'running' ? run.id : 0)
  const shown = run === null || run.id === readRun ? null : run
  const isFirstTime = review.permission.kind === 'not bound'
  return (
    <Dialog
      title={shown ? titleOf(shown) : isFirstTime ? 'Publish from this folder?' : 'Publish all'}
      onClose={onClose}
    >
      {shown ? (
        <PublishRun
          run={shown}
          log={state.log?.run === shown.id ? state.log : null}
          onClose={onClose}
          onAgain={() => setReadRun(shown.id)}
          review={review}
        />
      ) : (
        <PublishQuestion review={review} onClose={onClose} />
      )}
    </Dialog>
  )
}

function titleOf({ state, kind, outcome, isConfirmed, release }: Run): string {
  if (kind === 'rollback') {
    if (state === 'running') return `Going back to release ${release}`
    if (state === 'published') return `Release ${outcome?.release}: release ${release} again`
    if (state === 'unchanged') return 'Nothing differs'
    return state === 'cancelled' ? 'Stopped' : 'Not rolled back'
  }
  if (state === 'running') return 'Publishing'
  if (state === 'published')
    return `Release ${outcome?.release} ${isConfirmed ? 'is published' : 'waits for its seeds'}`
  if (state === 'unchanged') return 'Nothing to publish'
  if (state === 'cancelled') return 'Stopped'
  return 'Not published'
}
