package io.github.pgdispatch.life;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

import io.github.pgdispatch.life.Transaction.Deed;
import io.github.pgdispatch.life.Transaction.Deed.What;
import io.github.pgdispatch.test.Session;

/**
 * Deletes dead letters, or has their jobs succeed and retries them.
 */
final class DeadLetters {

	private final History history;

	private final RandomGenerator random;

	DeadLetters(History history, RandomGenerator random) {
		this.history = history;
		this.random = random;
	}

	/**
	 * Deals with a dead letter.
	 * @param session in which the transaction is open
	 * @param transaction a READ COMMITTED one
	 * @return whether there was one
	 */
	boolean dealWithOne(Session session, Transaction transaction) throws SQLException {
		String id = session.value("SELECT id FROM pgdispatch.dead_letter ORDER BY random() LIMIT 1");
		if (id == null) {
			return false;
		}
		Optional<Job> job = this.history.dispatched()
			.stream()
			.filter((other) -> other.id() != null && other.id() == Long.parseLong(id))
			.map(Dispatched::job)
			.findFirst();
		What what = What.DELETE;
		String answer;
		if (job.isPresent() && job.get().isHealable() && this.random.nextBoolean()) {
			what = What.HEAL;
			session.run("INSERT INTO public.healed VALUES (" + job.get().tag() + ") ON CONFLICT DO NOTHING");
			answer = session.value("SELECT pgdispatch.retry(" + id + ")");
		}
		else {
			answer = session.value("WITH deleted AS (DELETE FROM pgdispatch.dead_letter WHERE id = " + id
					+ " RETURNING id) SELECT count(*) > 0 FROM deleted");
		}
		if (answer.equals("t")) {
			transaction.deeds().add(new Deed(what, Long.parseLong(id), answer, Instant.now()));
		}
		return true;
	}

}
