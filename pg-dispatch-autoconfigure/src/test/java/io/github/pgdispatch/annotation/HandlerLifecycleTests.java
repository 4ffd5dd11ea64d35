package io.github.pgdispatch.annotation;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.pgdispatch.AfterCommitDispatch;
import io.github.pgdispatch.Dispatch;
import io.github.pgdispatch.DispatchResult;
import io.github.pgdispatch.JobState;
import io.github.pgdispatch.PgDispatchTemplate;
import io.github.pgdispatch.test.PostgresTest;
import io.github.pgdispatch.test.TestDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.SmartLifecycle;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionStatus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that methods are run while the beans that they use are running, and that nothing
 * is left open when the application has stopped.
 */
@PostgresTest
class HandlerLifecycleTests {

	private HandlerNodes nodes;

	private ApplicationContextRunner application;

	@BeforeEach
	void application(TestDatabase database) {
		this.nodes = new HandlerNodes(database);
		this.application = this.nodes.node()
			.withPropertyValues("spring.datasource.hikari.minimum-idle=0",
					"spring.datasource.url=" + database.url() + "?ApplicationName=shop&connectTimeout=5",
					"spring.lifecycle.timeout-per-shutdown-phase=5s", "pgdispatch.worker.concurrency=2")
			.withBean("mailer", Mailer.class)
			.withBean("effects", Effects.class);
	}

	@Test
	void methodsRunWhileBeansOfTheDefaultPhaseAreRunning() {
		this.application.withPropertyValues("pgdispatch.worker.enabled=false")
			.run((context) -> context.getBean(Effects.class).send());
		AtomicInteger sent = new AtomicInteger();
		this.application.run((context) -> {
			Mailer mailer = context.getBean(Mailer.class);
			await().until(() -> mailer.sent.get() == 1);
			// So long that many are left when the application is closed.
			mailer.millis = 50;
			PlatformTransactionManager transactionManager = context.getBean(PlatformTransactionManager.class);
			TransactionStatus transaction = transactionManager.getTransaction(null);
			for (int i = 0; i < 200; i++) {
				context.getBean(Effects.class).send();
			}
			transactionManager.commit(transaction);
			await().until(() -> mailer.sent.get() > 20);
			context.getSourceApplicationContext().close();
			sent.set(mailer.sent.get());
		});
		assertThat(sent.get()).isLessThan(201);
		assertThat(this.nodes.is("NOT EXISTS (SELECT FROM pgdispatch.dead_letter)")).isTrue();
	}

	@Test
	void webServerFinishesItsRequestsBeforeTheWorkersStop() {
		this.application.run((context) -> {
			WebServer webServer = new WebServer(context.getBean(PgDispatchTemplate.class),
					context.getBean(Effects.class));
			context.getSourceApplicationContext()
				.getBeanFactory()
				.registerSingleton("webServerGracefulShutdown", webServer);
			context.getSourceApplicationContext().stop();
			assertThat(webServer.state).isEqualTo(JobState.DONE);
			assertThat(context.getBean(Mailer.class).isRunning()).isFalse();
			context.getSourceApplicationContext().start();
			assertThat(webServer.isRunning()).isTrue();
		});
	}

	@Test
	void stoppedApplicationHasNoSessionsOfTheWorkersAndGoesOnWhenItIsStarted() {
		String sessions = "count(*) FROM pg_stat_activity WHERE datname = current_database()"
				+ " AND application_name = 'shop (pg-dispatch)'";
		this.application.run((context) -> {
			await().until(() -> this.nodes.is("(SELECT " + sessions + ") >= 2"));
			for (int i = 1; i < 3; i++) {
				context.getSourceApplicationContext().stop();
				await().until(() -> this.nodes.is("(SELECT " + sessions + ") = 0"));
				context.getSourceApplicationContext().start();
				context.getBean(Effects.class).send();
				int expected = i;
				await().until(() -> context.getBean(Mailer.class).sent.get() == expected);
				assertThat(context.getBean(Effects.class).answer().get(Duration.ofMinutes(1)))
					.contains("\"shop (pg-dispatch)\"");
			}
		});
	}

	static class Effects {

		private final Mailer mailer;

		Effects(Mailer mailer) {
			this.mailer = mailer;
		}

		@AfterCommitDispatch
		void send() throws InterruptedException {
			this.mailer.send();
		}

		@AfterCommitDispatch("SELECT current_setting('application_name') AS name")
		DispatchResult<String> answer() {
			return DispatchResult.of("");
		}

	}

	/**
	 * Takes a while to start, and stops quickly.
	 */
	static class Mailer implements SmartLifecycle {

		private final AtomicInteger sent = new AtomicInteger();

		private volatile boolean running;

		private volatile long millis = 10;

		void send() throws InterruptedException {
			Thread.sleep(this.millis);
			if (!this.running) {
				throw new IllegalStateException("The mailer is not running");
			}
			this.sent.incrementAndGet();
		}

		@Override
		public void start() {
			try {
				Thread.sleep(500);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			this.running = true;
		}

		@Override
		public void stop() {
			this.running = false;
		}

		@Override
		public boolean isRunning() {
			return this.running;
		}

	}

	/**
	 * Answers a last request, which waits for a job.
	 */
	static class WebServer implements SmartLifecycle {

		private final PgDispatchTemplate template;

		private final Effects effects;

		private volatile boolean running = true;

		private volatile JobState state;

		WebServer(PgDispatchTemplate template, Effects effects) {
			this.template = template;
			this.effects = effects;
		}

		@Override
		public void start() {
			this.running = true;
		}

		@Override
		public void stop() {
			this.running = false;
			this.effects.answer().get(Duration.ofMinutes(1));
			long id = this.template.dispatch(Dispatch.handler("effects.send", "{}").keepResult(Duration.ofMinutes(1)));
			this.state = this.template.await(id, Duration.ofMinutes(1)).state();
		}

		@Override
		public boolean isRunning() {
			return this.running;
		}

		@Override
		public int getPhase() {
			return DEFAULT_PHASE - 1024;
		}

	}

}
