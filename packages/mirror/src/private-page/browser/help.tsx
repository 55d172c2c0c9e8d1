import { Dialog } from './dialog.js'

interface HelpProps {
  /** Keys, and what they do. */
  keys: readonly [keys: readonly string[], what: string][]
  onClose: () => void
}

export function Help({ keys, onClose }: HelpProps) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl class="keys">
        {keys.map(([names, what]) => (
          <div key={what}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
