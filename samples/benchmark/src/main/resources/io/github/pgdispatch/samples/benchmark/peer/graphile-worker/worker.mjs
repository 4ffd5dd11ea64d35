// Runs jobs of graphile-worker until it is ended, and tells how quickly it ran those that waited for it.

import { setTimeout as sleep } from "node:timers/promises";
import { run } from "graphile-worker";

const [connectionString, waiting, atOnce, statement] = process.argv.slice(2);
const jobs = Number(waiting);

// The jobs that run while Node.js still compiles: this process is young, and the others' virtual machine is warm.
const warmUp = Math.ceil(jobs / 5);

let begun = 0;
let start;

async function job({ number }, { withPgClient }) {
  begun++;
  if (begun === warmUp) {
    start = performance.now();
  }
  if (begun === jobs) {
    // Not awaited: this job is to end, too.
    tellPace(withPgClient);
  }
  if (statement) {
    // With a name it is prepared once in a session, as JDBC does.
    await withPgClient((client) => client.query({ name: "job", text: statement, values: [number] }));
  }
}

async function tellPace(withPgClient) {
  const query = (text, values) => withPgClient((client) => client.query(text, values));
  do {
    await sleep(1);
  } while ((await query("SELECT FROM graphile_worker.jobs LIMIT 1")).rowCount > 0);
  const seconds = (performance.now() - start) / 1000;
  await query("INSERT INTO pace VALUES ($1)", [(jobs - warmUp) / seconds]);
}

// Whoever has started it is gone.
process.stdin.on("end", () => process.exit()).resume();

await run({
  preset: {
    worker: {
      connectionString,
      // As its documentation advises for many and for quick jobs.
      concurrentJobs: Number(atOnce),
      maxPoolSize: Number(atOnce) + 1,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  },
  taskList: { job },
});
