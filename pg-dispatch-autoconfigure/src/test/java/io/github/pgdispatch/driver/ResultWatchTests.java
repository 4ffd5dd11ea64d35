package io.github.pgdispatch.driver;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.github.pgdispatch.JobResult;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.Session;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ResultWatch}: it needs no polling, holds no connection without need,
 * and survives faults.
 */
@PostgresTest
class ResultWatchTests {

	private static final Duration NEVER = Duration.ofHours(1);

	private static final String WATCHES = """
			SELECT count(*) FROM pg_stat_activity WHERE application_name = 'watch'""";

	private Session session;

	private DriverManagerDataSource dataSource;

	private ResultWatch watch;

	@BeforeEach
	void install(TestDatabase database) throws Exception {
		database.install("app");
		this.session = new Session(database, "app");
		this.dataSource = new DriverManagerDataSource(database.url() + "?ApplicationName=watch", "app", "");
		this.watch = watch(NEVER, true);
	}

	private ResultWatch watch(Duration pollInterval, boolean listen) {
		ResultWatch watch = new ResultWatch(this.dataSource, new CustomizableThreadFactory("test-"), pollInterval,
				listen);
		watch.start();
		return watch;
	}

	@AfterEach
	void close() throws Exception {
		this.watch.stop();
		this.session.close();
	}

	private long dispatch(String command) throws Exception {
		return Long.parseLong(
				this.session.value("SELECT pgdispatch.dispatch('" + command + "', result => 'rows', notify => false)"));
	}

	private static JobResult get(CompletableFuture<JobResult> future) throws Exception {
		return future.get(60, TimeUnit.SECONDS);
	}

	private void awaitWatches(int number) {
		await().untilAsserted(() -> assertThat(this.session.value(WATCHES)).isEqualTo(String.valueOf(number)));
	}

	@Test
	void isNotifiedOfTheEndOfAJob() throws Exception {
		CompletableFuture<JobResult> future = this.watch.whenEnded(dispatch("SELECT 1"));
		awaitWatches(1);
		this.session.work();
		assertThat(get(future).value()).isEqualTo("[{\"?column?\":1}]");
	}

	@Test
	void holdsOneConnectionForAllAndNoneWhenNobodyWaits() throws Exception {
		List<CompletableFuture<JobResult>> futures = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			futures.add(this.watch.whenEnded(dispatch("SELECT 1")));
		}
		CompletableFuture<JobResult> forgotten = this.watch.whenEnded(dispatch("SELECT pg_sleep(600)"));
		awaitWatches(1);
		forgotten.cancel(false);
		this.session.run("DELETE FROM pgdispatch.job WHERE command LIKE '%sleep%'");
		this.session.work();
		for (CompletableFuture<JobResult> future : futures) {
			get(future);
		}
		awaitWatches(0);
		CompletableFuture<JobResult> later = this.watch.whenEnded(dispatch("SELECT 2"));
		this.session.work();
		assertThat(get(later).value()).contains("2");
	}

	@Test
	void severalMayWaitForOneJob() throws Exception {
		long id = dispatch("SELECT 1");
		CompletableFuture<JobResult> one = this.watch.whenEnded(id);
		CompletableFuture<JobResult> other = this.watch.whenEnded(id);
		one.cancel(false);
		this.session.work();
		assertThat(get(other).id()).isEqualTo(id);
	}

	@Test
	void looksRepeatedlyWhereItDoesNotListen() throws Exception {
		this.watch.stop();
		this.watch = watch(NEVER, false);
		CompletableFuture<JobResult> future = this.watch.whenEnded(dispatch("SELECT 1"));
		this.session.work();
		assertThat(get(future).rowCount()).isOne();
		awaitWatches(0);
	}

	@Test
	void survivesTheLossOfItsConnection() throws Exception {
		CompletableFuture<JobResult> future = this.watch.whenEnded(dispatch("SELECT 1"));
		awaitWatches(1);
		this.session.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'watch'");
		this.session.work();
		assertThat(get(future).rowCount()).isOne();
	}

	@Test
	void ignoresForeignNotifications() throws Exception {
		CompletableFuture<JobResult> future = this.watch.whenEnded(dispatch("SELECT 1"));
		awaitWatches(1);
		this.session.run("SELECT pg_notify(pgdispatch.result_channel('app'::regrole), 'nonsense')");
		this.session.work();
		assertThat(get(future).rowCount()).isOne();
	}

	@Test
	void dependentsThatBlockDoNotBlockTheOthers() throws Exception {
		CompletableFuture<Void> released = new CompletableFuture<>();
		CompletableFuture<Void> blocked = this.watch.whenEnded(dispatch("SELECT 1"))
			.thenAccept((result) -> released.join());
		this.session.work();
		CompletableFuture<JobResult> other = this.watch.whenEnded(dispatch("SELECT 2"));
		this.session.work();
		assertThat(get(other).rowCount()).isOne();
		released.complete(null);
		blocked.get(60, TimeUnit.SECONDS);
	}

	@Test
	void completesAllFuturesExceptionallyWhenItIsStopped() throws Exception {
		CompletableFuture<JobResult> future = this.watch.whenEnded(dispatch("SELECT 1"));
		this.watch.stop();
		assertThatExceptionOfType(Exception.class).isThrownBy(() -> get(future))
			.withMessageContaining("The application stops");
		assertThat(this.watch.whenEnded(1)).isCompletedExceptionally();
		assertThat(this.watch.isRunning()).isFalse();
		awaitWatches(0);
	}

}
