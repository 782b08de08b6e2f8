// Words of what this browser keeps: its room, its second copy, the journal as a file, taking leave.
import { addWords } from "./strings.js";

addWords({
  "care.room": "Little space left on this device: {room}. Sales go on; free some space.", "care.old": "The oldest entry waits for 1 hour. Bring the till online.|The oldest entry waits for {n} hours. Bring the till online.",
  "care.many": "{n} entries wait here. Bring the till online.",
  "stay.title": "Not now", "stay.waits": "1 entry was not sent yet, oldest {age}.|{n} entries were not sent yet, oldest {age}.", "stay.online": "Wait until all is sent, then try again.",
  "stay.offline": "Bring the till online and wait until all is sent. A manager can also save it to a file.", "stay.shift": "Close the shift first.",
  "keeping.title": "What this browser keeps", "keeping.promise": "Storage", "keeping.promised": "This browser promised to keep it.",
  "keeping.unpromised": "This browser may clear its storage when the disk is full. Keep the till online, or install it as an app.", "keeping.room": "Free space",
  "keeping.unsaid": "This browser does not say.", "keeping.mirror": "Second copy", "mirror.on": "Every entry is kept twice.", "mirror.off": "This browser keeps no second copy. Selling goes on; keep the till online.", "mirror.": "One moment.",
  "keeping.clock": "The clock of this device", "clock.behind": "It is 1 minute behind. Set it right: papers show this time.|It is {n} minutes behind. Set it right: papers show this time.",
  "clock.ahead": "It is 1 minute ahead. Set it right: papers show this time.|It is {n} minutes ahead. Set it right: papers show this time.",
  "keeping.journal": "Journal", "keeping.count": "1 entry|{n} entries", "keeping.unsent": "1 not sent|{n} not sent", "keeping.note": "A file is the last resort: a manager reads it in at the till’s page in the back office. It holds sales, no passwords.",
  "file.waiting": "Save what was not sent", "file.all": "Save the whole journal", "file.read": "Read a file back", "file.forget": "Forget this till", "file.saved": "Saved to a file", "file.saved.text": "1 entry|{n} entries",
  "file.none": "Nothing to save", "file.none.text": "Everything was sent.", "file.back": "Read back", "file.back.text": "{n} of {of} entries were missing here and are sent now.", "file.bad": "Not read",
  "file.bad.text": "This is no journal of this till, or it was changed.", "lifeline.ask": "Save or read the journal", "lifeline.ask.text": "The journal leaves this till as a file.", "forget.ask": "Forget this till", "forget.ask.text": "This browser is no till afterwards. All it kept is cleared.",
  "broken.full": "This device’s disk is full. Nothing was lost: free some space, then reload.", "mend.text": "Its storage was damaged or cleared. The second copy of {name} holds 1 entry that was not sent.|Its storage was damaged or cleared. The second copy of {name} holds {n} entries that were not sent.",
  "mend.none": "Its storage was damaged or cleared. The second copy of {name} shows that everything was sent.", "mend.button": "Repair with the second copy", "mend.after": "After that, enrol this browser again with a code from the back office.", "mend.failed": "That did not work. Close the other windows of the till, then try again.",
});
