// Dispatches and runs jobs of pg-boss that insert a row, and prints how quickly it did.

import { setTimeout as sleep } from "node:timers/promises";
import { PgBoss } from "pg-boss";

const [connectionString, task, ...settings] = process.argv.slice(2);

// Each look at the queue takes so many jobs, which run at once and are completed together.
const BATCH = 100;
const WORKERS = 4;
// The shortest intervals that it allows. It looks again at once where a batch was full.
const polling = { pollingIntervalSeconds: 0.5, batchSize: BATCH, localConcurrency: WORKERS, burstWhenBatchFull: true };

const boss = new PgBoss({ connectionString, max: 25, flowIntervalSeconds: 1, schedule: false });
let run = 0;
let started = () => {};

async function work(jobs) {
  await Promise.all(jobs.map(async ({ data: { number } }) => {
    started(number);
    await boss.getDb().executeSql("INSERT INTO effect (number) VALUES ($1)", [number]);
    run++;
  }));
}

async function runAll(jobs) {
  while (run < jobs) {
    await sleep(1);
  }
}

/** Jobs, and one that follows them: prints how many are run per second, from the dispatch to the end of the last. */
async function flow(jobs) {
  const refs = Array.from({ length: jobs }, (_, number) => `job ${number}`);
  const start = performance.now();
  run = 0;
  await boss.flow([
    ...refs.map((ref, number) => ({ ref, name: "job", data: { number } })),
    { ref: "last", name: "job", data: { number: -1 }, dependsOn: refs },
  ]);
  await runAll(jobs + 1);
  return jobs / ((performance.now() - start) / 1000);
}

/** Jobs of one tenant, and some of another: prints how many are run per second, and the delay of each of the latter. */
async function group(jobs, others, everyMillis) {
  const delays = [];
  const sent = new Map();
  started = (number) => {
    if (sent.has(number)) {
      delays.push(performance.now() - sent.get(number));
    }
  };
  const number = (i) => ({ data: { number: i }, group: { id: "many" } });
  for (let i = 0; i < jobs; i += 1000) {
    await boss.insert("job", Array.from({ length: Math.min(1000, jobs - i) }, (_, j) => number(i + j)));
  }
  const start = performance.now();
  // Half of what may run at once.
  await boss.work("job", { ...polling, groupConcurrency: (BATCH * WORKERS) / 2 }, work);
  for (let i = 1; i <= others; i++) {
    await sleep(everyMillis);
    sent.set(-i, performance.now());
    await boss.send("job", { number: -i }, { group: { id: "other" } });
  }
  await runAll(jobs + others);
  return [(jobs + others) / ((performance.now() - start) / 1000), ...delays];
}

// Whoever has started it is gone.
process.stdin.on("end", () => process.exit()).resume();

boss.on("error", (error) => console.error(error));
await boss.start();
await boss.createQueue("job");
const numbers = settings.map(Number);
if (task === "flow") {
  await boss.work("job", polling, work);
  // What Node.js has compiled by then is as warm as the others' virtual machine.
  await flow(Math.ceil(numbers[0] / 5));
  console.log(await flow(numbers[0]));
}
else {
  console.log((await group(...numbers)).join(" "));
}
process.exit();
