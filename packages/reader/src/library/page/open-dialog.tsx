import { useState } from 'preact/hooks'
import { Dialog, DialogButtons } from '../../../../mirror/src/private-page/browser/dialog.js'
import { messageOf } from '../../../../mirror/src/private-page/browser/page-words.js'
import { Ticked } from '../../../../mirror/src/private-page/browser/ticked.js'
import { postOpen } from './server.js'

interface OpenDialogProps {
  onClose: () => void
  /** Called with the key of the site that was opened. */
  onOpened: (key: string) => void
}

/** Asks for a link, and opens the site. */
export function OpenDialog({ onClose, onOpened }: OpenDialogProps) {
  const [link, setLink] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [isSent, setSent] = useState(false)

  const open = async (): Promise<void> => {
    setSent(true)
    setProblem(null)
    try {
      const { key } = await postOpen({ link })
      onOpened(key)
    } catch (error) {
      setProblem(messageOf(error))
      setSent(false)
    }
  }

  return (
    <Dialog title="Open a link" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void open()
        }}
      >
        <label class="field">
          Link of the site
          <input
            type="text"
            value={link}
            onInput={({ currentTarget: { value } }) => setLink(value)}
            autofocus
            required
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            placeholder="hyper://…/"
            aria-describedby="link-help"
          />
        </label>
        <p class="quiet-note" id="link-help">
          A <code>hyper://</code> link with a key or a domain, a key alone, or the web address of a mirror
          that has the key in it.
        </p>
        {problem !== null && (
          <p class="callout bad" role="alert">
            <Ticked text={problem} />
          </p>
        )}
        <DialogButtons>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={isSent}>
            {isSent ? 'Opening…' : 'Open'}
          </button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
