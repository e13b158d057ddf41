export const en = {
  app: { name: 'Dashi', tagline: 'Label images, fine-tune on the labels, blend the results.' },
  rooms: { data: 'Data', label: 'Label', train: 'Train', compare: 'Compare', merge: 'Merge' },
  groups: {
    go: 'Go to', project: 'Project', tools: 'Tools', edit: 'Edit', view: 'View', label: 'Labels', review: 'Review', images: 'Images', window: 'Window',
  },
  common: {
    cancel: 'Cancel', close: 'Close', remove: 'Remove', add: 'Add', save: 'Save', open: 'Open', none: 'none', all: 'all', search: 'Search', start: 'Start',
    name: 'Name', more: 'More', retry: 'Try again', count: '{n} image | {n} images', loading: 'Loading …', back: 'Back', chosen: '{n} chosen',
  },
  welcome: {
    title: 'Welcome to Dashi', lead: 'Everything stays on this computer.', sample: 'Try the sample project',
    sampleHint: '200 scenes to label, 2,600 pictographs to train on. Made here in about half a minute, the first time.', folder: 'Open a folder',
    folderHint: 'Of images, or of a project. Your images stay where they are.', recent: 'Opened lately', forget: 'Remove from the list', making: 'Making the sample …',
    noRecent: 'Projects that you open will be listed here.',
  },
  folder: {
    open: 'Open a folder', add: 'Add images of a folder', import: 'Import from', export: 'Export to', up: 'One folder up', images: '{n} image here | {n} images here', choose: 'Choose this folder',
    project: 'project', empty: 'No folders in here.', path: 'Path',
  },
  data: {
    filters: 'Filters', clear: 'Clear filters', searchPath: 'File name', searchCaption: 'Words in captions', labels: 'Labels', splits: 'Split', review: 'Review', tags: 'Tags', authors: 'Made by', status: 'Status',
    unlabelled: 'Unlabelled', labelled: 'Labelled', proposed: 'Has proposals', doubtful: 'Doubtful (score ≤ 0.5)', duplicates: 'Near-duplicates', noSplit: 'no split', person: 'A person', model: 'A model',
    sort: 'Sort', sortId: 'As added', sortPath: 'Name', sortRegions: 'Most regions', sortSize: 'Largest', size: 'Thumbnail size', moreLabels: 'Show all {n}', fewerLabels: 'Show fewer',
    empty: 'No images yet', emptyHint: 'Add a folder of images, or import an annotated dataset.', nothing: 'No image passes these filters', chooseAll: 'Choose all', labelChosen: 'Label', splitChosen: 'Split', reviewChosen: 'Review', tagChosen: 'Tag', tagPlaceholder: 'New tag, then Enter',
    unreadable: 'cannot be read', regions: '{n} region | {n} regions', scanning: 'Looking for images …',
  },
  label: {
    none: 'No image is open', noneHint: 'Choose one in Data, or begin with the first.', first: 'Open the first image', labels: 'Labels', findLabel: 'Find or add a label', addLabel: 'Add “{name}”', regions: 'Regions', captions: 'Captions',
    image: 'Image', history: 'History', noRegions: 'Nothing is marked yet. Press {key} and drag a box.', noLabel: 'no label', of: '{at} of {all}', previous: 'Previous image', next: 'Next image', hide: 'Hide', show: 'Show', lock: 'Lock', unlock: 'Unlock', delete: 'Delete',
    view: 'View', brightness: 'Brightness', contrast: 'Contrast', opacity: 'Fill opacity', imageOpacity: 'Image opacity', reset: 'Reset', snapping: 'Snap to edges', crosshair: 'Crosshair', minimap: 'Minimap', hideAll: 'Hide all regions', brush: 'Brush size', tolerance: 'Wand tolerance',
    active: 'New regions get this label', attributes: 'Attributes', addAttribute: 'name = value, then Enter', several: '{n} regions selected', cannotOpen: 'This image cannot be shown', z: 'Order', proposedBy: 'proposed, {p}%', accept: 'Accept', reject: 'Reject', strip: 'Film strip', inspector: 'Inspector', canvas: 'Canvas, image {name}', tools: 'Tools',
  },
  caption: {
    add: 'Caption', addRegion: 'Region caption', ofImage: 'Of the image', ofRegion: 'Of a region', placeholder: 'Describe the picture in a sentence', empty: 'No captions yet.', emptyHint: 'A caption says in words what the picture shows. Select words of it and tie them to regions.',
    language: 'Language', ground: 'Tie to {n} region | Tie to {n} regions', unground: 'Untie', groundHint: 'Select words, then the regions they speak of.', edit: 'Edit', remove: 'Remove caption', chars: '{n} character | {n} characters', words: '{n} word | {n} words',
    lint: { empty: 'empty', spaces: 'double spaces', ends: 'spaces at an end', duplicate: 'the same text twice', long: 'longer than CLIP reads (about 55 words)' },
  },
  image: { labels: 'Labels of the whole image', tags: 'Tags', split: 'Split', review: 'Review', file: 'File', size: 'Size', comments: 'Comments', addComment: 'Write a comment', resolve: 'Resolve', reopen: 'Reopen', scores: 'What a model sees', ask: 'Ask', model: 'Model' },
  shapes: { box: 'box', 'rotated-box': 'rotated box', polygon: 'polygon', mask: 'mask', polyline: 'polyline', keypoints: 'points' },
  review: { unreviewed: 'not reviewed', 'in-review': 'in review', approved: 'approved', rejected: 'sent back' },
  history: { empty: 'Nothing has been changed on this image.', undone: 'undone', wholeProject: 'The whole project' },
  labels: { title: 'Labels', name: 'Name', colour: 'Colour', key: 'Key', uses: 'Uses', synonyms: 'Synonyms', remove: 'Remove label', removeHint: 'Its {n} annotations go with it. | Its {n} annotations go with it.', into: 'Give its annotations to', empty: 'No labels yet. Add the first one.' },
  snapshots: { title: 'Snapshots', take: 'Take a snapshot', name: 'Name of this state', empty: 'A snapshot names the present state of the dataset, to compare with and go back to.', compare: 'Changes since', restore: 'Go back', added: 'added', changed: 'changed', removed: 'removed', media: 'Images', labels: 'Labels', imageLabels: 'Image labels', regions: 'Regions', captions: 'Captions', tags: 'Tags', same: 'Nothing has changed since.' },
  exchange: {
    import: 'Import', export: 'Export', format: 'Format', auto: 'recognise by itself', from: 'From', to: 'To', choose: 'Choose …', losses: 'What {format} cannot hold', lossless: '{format} holds everything that this project has.', images: 'Copy the images too', split: 'Put into split', start: 'Start', report: 'Report', took: '{n} images taken in', findings: 'Not as they stood: {n}', wrote: '{n} files written', absent: 'Import and export are not available in this build.', onlyFiltered: 'Only the images that pass the filters ({n})',
  },
  train: {
    title: 'Train', recipe: 'Recipe', model: 'Start from', device: 'Device', seed: 'Seed', start: 'Start training', runs: 'Runs', cancel: 'Cancel', noRuns: 'No runs yet', noRunsHint: 'Choose a recipe and start. Curves appear here, and the runs stay in the list.', absent: 'Training is not available', settings: 'Settings', inBox: 'The model in the box', loss: 'Loss', lr: 'Learning rate', speed: '{n} images/s', left: '{time} left', steps: 'step {at} of {all}', name: 'Name', status: 'Status', when: 'Begun', duration: 'Took', data: 'Dataset', metrics: 'Metrics',
    lastRun: 'Run', default: 'default {value}', needLabels: 'Label some images first: training needs at least two labels.',
  },
  recipes: { 'zero-shot': 'Zero-shot', lp: 'Linear probe', ft: 'Full fine-tuning', 'lp-ft': 'Linear probe, then fine-tuning', coop: 'Prompt tuning (CoOp)', vpt: 'Visual prompts (VPT)', lora: 'LoRA' },
  status: { queued: 'queued', running: 'running', done: 'done', failed: 'failed', cancelled: 'cancelled' },
  compare: {
    title: 'Compare', choose: 'Choose two to six checkpoints', start: 'Compare', empty: 'No checkpoints yet', emptyHint: 'Train a model first: each run leaves one.', scatter: 'In and out of distribution', metrics: 'Metrics', perClass: 'Per class', images: 'Images on which they differ', truth: 'Is', accuracy: 'Accuracy', meanPerClass: 'Mean per class', nll: 'NLL', ece: 'Calibration error', class: 'Class', noDifferences: 'They agree on every image.', x: 'Horizontal', y: 'Vertical', split: 'Split', interval: '95% interval',
  },
  merge: { title: 'Merge', method: 'Method', ingredients: 'Ingredients', start: 'Make the soup', empty: 'Nothing to blend yet', emptyHint: 'A soup needs at least two checkpoints of the same model. Train a few runs first.', ledger: 'Ledger', candidate: 'Candidate', heldOut: 'Alone', score: 'Soup with it', taken: 'taken', left: 'left out', soups: 'Soups', methods: { uniform: 'Uniform soup', greedy: 'Greedy soup', 'wise-ft': 'WiSE-FT', slerp: 'SLERP', ties: 'TIES', dare: 'DARE', 'task-arithmetic': 'Task arithmetic', learned: 'Learned soup' } },
  statusbar: { saved: 'All changes saved', saving: 'Saving {n} change … | Saving {n} changes …', lost: 'The connection is lost. Your edits are kept here and sent when it is back.', waiting: '{n} edit waits | {n} edits wait', connecting: 'Connecting …', jobs: '{n} job | {n} jobs', cancelJob: 'Cancel this job', zoom: 'Zoom', dataset: 'Dataset {hash}', failed: 'failed', recovered: 'The program ended unexpectedly the last time; nothing that was saved is lost.' },
  jobs: { scan: 'Looking for images', sample: 'Making the sample', import: 'Importing', export: 'Exporting', train: 'Training', evaluate: 'Evaluating', compare: 'Comparing', merge: 'Merging' },
  palette: { placeholder: 'Type a command, a label or an image name', nothing: 'Nothing is called that.', images: 'Images', labels: 'Labels', hint: 'Search or run a command' },
  help: { title: 'Keyboard shortcuts', lead: 'Bare keys do nothing while you type in a field.', change: 'Change in the settings' },
  settings: { title: 'Settings', appearance: 'Appearance', theme: 'Theme', language: 'Language', system: 'As the system', light: 'Light', dark: 'Dark', shortcuts: 'Keyboard shortcuts', press: 'Press keys …', reset: 'Default', resetAll: 'All back to defaults', also: 'also: {action}', clear: 'No key' },
  toast: {
    undo: 'Undone: {action}', redo: 'Done again: {action}', 'nothing-to-undo': 'Nothing to undo here', 'nothing-to-redo': 'Nothing to redo here', labelled: '{count} images labelled', split: '{count} images moved to the split', reviewed: '{count} images reviewed', tagged: '{count} images tagged', removed: '{count} images taken out of the project; the files stay', adding: 'Adding images of {folder}', jobDone: '{job}: done', jobFailed: '{job}: {error}', runDone: 'The run is done', runFailed: 'The run failed: {error}', back: 'Connected again',
  },
  actions: {
    'go-data': 'Go to Data', 'go-label': 'Go to Label', 'go-train': 'Go to Train', 'go-compare': 'Go to Compare', 'go-merge': 'Go to Merge', 'open-folder': 'Open a folder …', 'open-sample': 'Open the sample project', 'add-folder': 'Add images of a folder …', 'close-project': 'Close the project', import: 'Import annotations …', export: 'Export …', snapshots: 'Snapshots …', 'edit-labels': 'Edit labels …',
    'next-image': 'Next image', 'previous-image': 'Previous image', undo: 'Undo', redo: 'Redo', 'tool-select': 'Select', 'tool-pan': 'Pan', 'tool-box': 'Box', 'tool-rotated-box': 'Rotated box', 'tool-polygon': 'Polygon', 'tool-polyline': 'Polyline', 'tool-points': 'Points', 'tool-brush': 'Brush', 'tool-eraser': 'Eraser', 'tool-wand': 'Magic wand', 'tool-scissors': 'Intelligent scissors', 'tool-ruler': 'Ruler', 'tool-last': 'Last tool',
    confirm: 'Finish the shape', cancel: 'Cancel, or select nothing', 'remove-last': 'Remove the last vertex', delete: 'Delete', 'select-all': 'Select all regions', duplicate: 'Duplicate', copy: 'Copy', cut: 'Cut', paste: 'Paste', merge: 'Merge regions', subtract: 'Subtract regions', 'bring-forward': 'Bring forward', 'send-backward': 'Send backward', 'bring-to-front': 'Bring to front', 'send-to-back': 'Send to back', hide: 'Hide or show', 'hide-all': 'Hide all regions', lock: 'Lock or unlock', 'nudge-left': 'Nudge left', 'nudge-right': 'Nudge right', 'nudge-up': 'Nudge up', 'nudge-down': 'Nudge down',
    'zoom-in': 'Zoom in', 'zoom-out': 'Zoom out', 'zoom-fit': 'Fit the image', 'zoom-actual': 'Actual pixels', 'brush-smaller': 'Smaller brush', 'brush-larger': 'Larger brush', 'toggle-snapping': 'Snapping', 'toggle-crosshair': 'Crosshair', 'toggle-minimap': 'Minimap',
    'label-1': 'Label 1', 'label-2': 'Label 2', 'label-3': 'Label 3', 'label-4': 'Label 4', 'label-5': 'Label 5', 'label-6': 'Label 6', 'label-7': 'Label 7', 'label-8': 'Label 8', 'label-9': 'Label 9', 'find-label': 'Find a label', 'add-caption': 'Add a caption', accept: 'Accept the proposal', reject: 'Reject the proposal', approve: 'Approve', 'send-back': 'Send back', 'ask-review': 'Ask for review', 'clear-review': 'Mark as not reviewed',
    'open-image': 'Open the image', 'choose-all': 'Choose all images', 'choose-none': 'Choose no image', 'split-train': 'Put into train', 'split-val': 'Put into val', 'split-test': 'Put into test', 'split-none': 'Take out of its split', 'remove-images': 'Take the images out of the project', 'filter-unlabelled': 'Show unlabelled images', 'filter-proposed': 'Show images with proposals', 'filter-doubtful': 'Show doubtful images', 'filter-clear': 'Clear filters', 'toggle-strip': 'Film strip', 'toggle-inspector': 'Inspector', 'toggle-facets': 'Filters', 'theme-light': 'Light theme', 'theme-dark': 'Dark theme', 'theme-system': 'Theme of the system', 'language-en': 'English', 'language-ja': '日本語', 'command-palette': 'Command palette', help: 'Keyboard shortcuts', settings: 'Settings', 'model-positive': 'Model point +', 'model-negative': 'Model point −',
  },
}
