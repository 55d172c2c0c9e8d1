import { useState } from 'preact/hooks'
import type { ReviewAnswer } from '../api.js'
import { DialogButtons } from '../../../../mirror/src/private-page/browser/dialog.js'
import { messageOf, plural } from '../../../../mirror/src/private-page/browser/page-words.js'
import { postPublish } from './server.js'

interface PublishQuestionProps {
  review: ReviewAnswer
  onClose: () => void
}

/** What would be published and how, with the button that starts it. */
export function PublishQuestion({ review, onClose }: PublishQuestionProps) {
  const { permission, build, counts, findings, checksMode, checksProblem, last, now } = review
  const [problem, setProblem] = useState<string | null>(null)
  const [isSent, setSent] = useState(false)

  const publish = async (): Promise<void> => {
    setSent(true)
    setProblem(null)
    try {
      await postPublish({
        command: build.command,
        script: build.script,
        ...(permission.kind === 'not bound' && { bind: true })
      })
    } catch (error) {
      setProblem(messageOf(error))
    }
    setSent(false)
  }

  if (permission.kind === 'never') {
    return (
      <>
        <p>{permission.message}</p>
        <DialogButtons>
          <button type="button" class="button" autofocus onClick={onClose}>
            Close
          </button>
        </DialogButtons>
      </>
    )
  }
  const errors = findings.filter(({ level }) => level === 'error').length
  const isSame = now !== null && counts.added + counts.changed + counts.removed === 0
  return (
    <>
      {permission.kind === 'not bound' && (
        <div class="callout">
          <p>
            This folder carries the key of a site that you own, and has never published it. From now on it
            may, and its build is run on this machine.
          </p>
          <p class="key">{review.key}</p>
        </div>
      )}
      <p>
        {last ? `Release ${last.release + 1}` : 'The first release'}
        {isSame ? ': as far as the preview shows, nothing differs.' : `: ${countWords(review)}.`}
        {permission.kind === 'mint' && ' The site’s key is made, and kept on this machine.'}
      </p>
      {build.command === null ? (
        <p>
          The folder <code>{build.dir}</code> is published as it is.
        </p>
      ) : (
        <>
          <p>It runs the production build:</p>
          <pre class="command" tabIndex={0} role="region" aria-label="Command">
            {build.command}
            {build.script?.split('\n').map((step) => `\n> ${step}`)}
          </pre>
          {build.dir !== null && (
            <p>
              Unless it publishes by itself, <code>{build.dir}</code> is published when it has ended well.
            </p>
          )}
        </>
      )}
      {findings.length > 0 && (
        <p class={`callout ${errors > 0 ? 'bad' : 'warn'}`}>
          {foundWords(findings.length, errors)}
          {checksMode === 'fail' && errors > 0 && ' The checks are set to refuse a publish with such things.'}
          {findings.some(({ check }) => check === 'secret') && ' No publish goes on with a secret in it.'} The
          overview says where to mend {findings.length === 1 ? 'it' : 'them'}.
        </p>
      )}
      {checksProblem !== null && (
        <p class="callout warn">The checks of this page could not be made: {checksProblem}</p>
      )}
      {problem !== null && (
        <p class="callout bad" role="alert">
          {problem}
        </p>
      )}
      <DialogButtons>
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button primary"
          autofocus
          disabled={isSent}
          onClick={() => void publish()}
        >
          {permission.kind === 'not bound' ? 'Publish from here' : 'Publish'}
        </button>
      </DialogButtons>
    </>
  )
}

function foundWords(count: number, errors: number): string {
  const found = `The checks found ${plural(count, 'thing')}`
  if (errors === 0) return `${found} to look at.`
  if (errors === count) return `${found} that readers would meet broken.`
  return `${found}; readers would meet ${errors} of them broken.`
}

function countWords({ counts: { added, changed, removed }, summary }: ReviewAnswer): string {
  if (summary.words !== '') return summary.words.replace(/\.$/, '')
  return [
    added > 0 && `${added} added`,
    changed > 0 && `${changed} changed`,
    removed > 0 && `${removed} removed`
  ]
    .filter((part) => part !== false)
    .join(', ')
}
