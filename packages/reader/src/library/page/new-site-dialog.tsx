import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Dialog, DialogButtons } from '../../../../mirror/src/private-page/browser/dialog.js'
import { messageOf } from '../../../../mirror/src/private-page/browser/page-words.js'
import { Ticked } from '../../../../mirror/src/private-page/browser/ticked.js'
import { slugOf } from '../../new-site/slug.js'
import type { LibraryAnswer, NewSiteAnswer } from '../api.js'
import { postNewSite } from './server.js'

interface NewSiteDialogProps {
  library: LibraryAnswer
  onClose: () => void
}

/** Asks for a name, a folder and a generator, and tells what to type next. */
export function NewSiteDialog({ library, onClose }: NewSiteDialogProps) {
  const [made, setMade] = useState<NewSiteAnswer | null>(null)
  return (
    <Dialog title={made ? 'The website is made' : 'New website'} onClose={onClose}>
      {made ? (
        <Made made={made} onClose={onClose} />
      ) : (
        <Question library={library} onClose={onClose} onMade={setMade} />
      )}
    </Dialog>
  )
}

interface QuestionProps extends NewSiteDialogProps {
  onMade: (made: NewSiteAnswer) => void
}

function Question({ library, onClose, onMade }: QuestionProps) {
  const [name, setName] = useState('')
  /** null: the folder follows the name. */
  const [typedDir, setTypedDir] = useState<string | null>(null)
  const [generator, setGenerator] = useState(library.generators[0]?.id ?? '')
  const [problem, setProblem] = useState<string | null>(null)
  const [isSent, setSent] = useState(false)
  const dir = typedDir ?? `${library.newSitesIn}${slugOf(name)}`

  const make = async (): Promise<void> => {
    setSent(true)
    setProblem(null)
    try {
      onMade(await postNewSite({ name, dir, generator }))
    } catch (error) {
      setProblem(messageOf(error))
      setSent(false)
    }
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <label class="field">
        Name
        <input
          type="text"
          value={name}
          onInput={({ currentTarget: { value } }) => setName(value)}
          autofocus
          required
          maxLength={80}
          autocomplete="off"
        />
      </label>
      <label class="field">
        Folder
        <input
          type="text"
          value={dir}
          onInput={({ currentTarget: { value } }) => setTypedDir(value)}
          required
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-describedby="dir-help"
        />
      </label>
      <p class="quiet-note" id="dir-help">
        It is new, or empty.
      </p>
      <fieldset class="choice">
        <legend>Made with</legend>
        {library.generators.map(({ id, name: title, about }) => (
          <label key={id}>
            <input
              type="radio"
              name="generator"
              value={id}
              checked={generator === id}
              onChange={() => setGenerator(id)}
            />
            <span>
              <strong>{title}</strong> <span class="about">{about}</span>
            </span>
          </label>
        ))}
      </fieldset>
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
          Make it
        </button>
      </DialogButtons>
    </form>
  )
}

function Made({ made, onClose }: { made: NewSiteAnswer; onClose: () => void }) {
  const [isCopied, setCopied] = useState(false)
  const copyButton = useRef<HTMLButtonElement>(null)
  // The button that was pressed is gone, and the focus with it.
  useLayoutEffect(() => copyButton.current?.focus(), [])
  const lines = made.commands.join('\n')
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(lines)
      setCopied(true)
    } catch {
      // The browser does not allow it: the person can copy the lines by hand.
    }
  }
  return (
    <>
      <p>
        It is in <code>{made.dir}</code>. In a terminal, type:
      </p>
      <pre class="command" tabIndex={0} role="region" aria-label="What to type next">
        {lines}
      </pre>
      <p>
        <Ticked text={made.next} />
      </p>
      <DialogButtons>
        <button type="button" class="button" ref={copyButton} onClick={() => void copy()}>
          <span aria-live="polite">{isCopied ? 'Copied' : 'Copy'}</span>
        </button>
        <button type="button" class="button primary" onClick={onClose}>
          Close
        </button>
      </DialogButtons>
    </>
  )
}
