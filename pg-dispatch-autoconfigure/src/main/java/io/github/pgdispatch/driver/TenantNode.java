package io.github.pgdispatch.driver;

import java.sql.SQLException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import javax.sql.DataSource;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.PgDispatchStatus;
import io.github.pgdispatch.gateway.AnyJobs;
import io.github.pgdispatch.gateway.JobQueue;
import io.github.pgdispatch.gateway.QueueStatus;
import io.github.pgdispatch.gateway.QueueWatchSession;
import io.github.pgdispatch.gateway.SqlJobQueue;
import org.jspecify.annotations.Nullable;

import org.springframework.context.Lifecycle;

/**
 * What runs the jobs of one tenant on this node. It holds no connection unless it is
 * visited. Used by one visit at a time.
 *
 * @param id of this node in looks at the queue
 * @param connections that are opened by a start and closed by a stop
 * @param dataSource provides them
 * @param preparation makes the database ready, for example installs the schema. It is run
 * at each visit and has to be quick if nothing is left to do
 * @param sqlDriver runs SQL, or {@code null} if this node does not
 * @param handlerDriver runs methods
 * @param status counts the queue, with a query
 */
public record TenantNode(UUID id, Lifecycle connections, DataSource dataSource, Runnable preparation,
		@Nullable ApplicationDriver sqlDriver, HandlerDriver handlerDriver, Supplier<PgDispatchStatus> status) {

	private static final QueueStatus NOTHING = new QueueStatus(0, false, null, false);

	void open() {
		this.connections.start();
		this.preparation.run();
	}

	void close() {
		this.connections.stop();
	}

	/**
	 * Returns whether the tenant has jobs, which costs much less than a look.
	 */
	boolean hasJobs() throws SQLException {
		return new AnyJobs(this.dataSource).exist();
	}

	/**
	 * Looks at the queue, and has the database delete what has expired.
	 */
	TenantLook look() throws SQLException {
		QueueStatus sql = (this.sqlDriver != null) ? status(new SqlJobQueue(1)) : NOTHING;
		AtomicBoolean poison = new AtomicBoolean();
		QueueStatus methods = (this.handlerDriver.limit() > 0) ? status(this.handlerDriver.queue(this.id, poison::set))
				: NOTHING;
		return new TenantLook(sql.due() > 0, methods.due() > 0 || poison.get(),
				TenantLook.earlier(sql.nextDueIn(), methods.nextDueIn()));
	}

	private QueueStatus status(JobQueue queue) throws SQLException {
		try (QueueWatchSession session = QueueWatchSession.open(this.dataSource, queue, false)) {
			return session.look(false);
		}
	}

	/**
	 * Starts the drivers of what is due, unless they run.
	 */
	void start(TenantLook look) {
		if (look.sqlDue() && this.sqlDriver != null) {
			this.sqlDriver.start();
		}
		if (look.methodsDue()) {
			this.handlerDriver.start();
		}
	}

	/**
	 * Returns the number of jobs and workers that are running.
	 */
	int active() {
		return this.handlerDriver.state().active() + ((this.sqlDriver != null) ? this.sqlDriver.state().active() : 0);
	}

	void drain() {
		this.handlerDriver.drain();
		if (this.sqlDriver != null) {
			this.sqlDriver.drain();
		}
	}

	/**
	 * Stops the drivers, and waits for what they run.
	 */
	void stop() {
		CompletableFuture<Void> sqlEnded = new CompletableFuture<>();
		if (this.sqlDriver != null) {
			this.sqlDriver.stop(() -> sqlEnded.complete(null));
		}
		else {
			sqlEnded.complete(null);
		}
		this.handlerDriver.stop();
		sqlEnded.join();
	}

	void committed(JobKind kind, int fired, int snoozed) {
		if (kind == JobKind.HANDLER) {
			this.handlerDriver.committed(fired, snoozed);
		}
		else if (this.sqlDriver != null) {
			this.sqlDriver.committed(fired, snoozed);
		}
	}

}
