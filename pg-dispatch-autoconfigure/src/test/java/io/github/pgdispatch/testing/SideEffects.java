package io.github.pgdispatch.testing;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.DispatchContext;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Side effects of the tested application.
 */
class SideEffects {

	private final JdbcClient jdbc;

	private final ObjectProvider<SideEffects> self;

	private final List<Thread> threads = new ArrayList<>();

	SideEffects(JdbcClient jdbc, ObjectProvider<SideEffects> self) {
		this.jdbc = jdbc;
		this.self = self;
	}

	List<Thread> threads() {
		return this.threads;
	}

	private void effect(String name) {
		this.threads.add(Thread.currentThread());
		this.jdbc.sql("INSERT INTO effect VALUES (?)").param(name).update();
	}

	@AfterCommitDispatch("INSERT INTO effect VALUES (:name)")
	void insert(String name) {
	}

	@AfterCommitDispatch(command = "INSERT INTO effect VALUES (:name)", delay = "3d")
	void insertLater(String name) {
	}

	@AfterCommitDispatch("INSERT INTO effect VALUES ('lost'); SELECT 1 / :divisor")
	void divide(int divisor) {
	}

	@AfterCommitDispatch
	@Transactional
	void welcome(long id, @Nullable String name) {
		effect("welcome " + id);
	}

	@AfterCommitDispatch(delay = "20s")
	void welcomeLater(long id, @Nullable DispatchContext context) {
		effect("later " + id + " after "
				+ (context.dueAt().getEpochSecond() - context.dispatchedAt().getEpochSecond()));
	}

	@AfterCommitDispatch
	void withoutTransaction(String name) {
		effect(name);
	}

	@AfterCommitDispatch
	@Transactional(propagation = Propagation.REQUIRES_NEW)
	void inItsOwnTransaction() {
	}

	@AfterCommitDispatch
	@Transactional
	void chain(int length) {
		effect("chain " + length);
		if (length > 0) {
			this.self.getObject().chain(length - 1);
			this.self.getObject().insert("link " + length);
		}
	}

	@AfterCommitDispatch
	@Transactional
	void forEver() {
		this.self.getObject().forEver();
	}

	@AfterCommitDispatch
	void inSteps(String name, @Nullable DispatchContext context) {
		String result = context.step("first", String.class, () -> {
			effect("first " + name);
			return "result";
		});
		context.sleep("nap", Duration.ofDays(1));
		context.transactionalStep("second", () -> effect("second " + result));
	}

	@AfterCommitDispatch
	@Transactional(rollbackFor = Exception.class)
	void fail(boolean checked) throws Exception {
		effect("lost");
		throw checked ? new SQLException("No luck", "XX123") : new IllegalStateException("Out of luck");
	}

}
