import { useState } from 'preact/hooks'
import { Dialog, DialogButtons } from '../../../../mirror/src/private-page/browser/dialog.js'
import { messageOf } from '../../../../mirror/src/private-page/browser/page-words.js'
import type { SiteRow } from '../api.js'
import { postForget } from './server.js'

interface ForgetDialogProps {
  site: SiteRow
  onClose: () => void
  onForgotten: () => void
}

/** Asks before a copy is removed. */
export function ForgetDialog({ site, onClose, onForgotten }: ForgetDialogProps) {
  const [problem, setProblem] = useState<string | null>(null)
  const forget = async (): Promise<void> => {
    try {
      await postForget({ key: site.key })
      onForgotten()
    } catch (error) {
      setProblem(messageOf(error))
    }
  }
  return (
    <Dialog title={`Forget ${site.name}?`} onClose={onClose}>
      <p>
        Its copy is removed from this machine, with the list of its releases. To read it again you need its
        link, and somebody who has it
        {site.standing.kind === 'open' && site.standing.peers > 0
          ? '.'
          : '; nobody is known to have it online now.'}
      </p>
      {problem !== null && (
        <p class="callout bad" role="alert">
          {problem}
        </p>
      )}
      <DialogButtons>
        <button type="button" class="button" autofocus onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button danger" onClick={() => void forget()}>
          Forget
        </button>
      </DialogButtons>
    </Dialog>
  )
}
