package io.github.pgdispatch.samples.documentation.snippet;

import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;

import javax.sql.DataSource;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.PgDispatchNode;
import io.github.pgdispatch.PgDispatchOperations;
import io.github.pgdispatch.QueueLimits;
import io.github.pgdispatch.ScheduleInfo;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import io.github.pgdispatch.testing.AutoConfigurePgDispatch;
import io.github.pgdispatch.testing.DispatchedJobs;
import io.micrometer.common.KeyValue;
import io.micrometer.observation.ObservationRegistry;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.ActiveProfiles;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the Java in the documentation does what its pages say, in an application
 * that has it all.
 */
@SpringBootTest(webEnvironment = WebEnvironment.NONE)
@AutoConfigurePgDispatch
@ActiveProfiles("video")
@Transactional
class SnippetsTests {

	@Autowired
	private DispatchedJobs jobs;

	@Autowired
	private PgDispatchOperations operations;

	@Autowired
	private MailSideEffects mail;

	@Autowired
	private KeyedSideEffects keyed;

	@Autowired
	private Profiles profiles;

	@Autowired
	private Operator operator;

	@BeforeEach
	void makeQueue() {
		this.operations.setQueue("mail", QueueLimits.none());
	}

	@Test
	void templateDispatches() {
		Profile ada = new Profile(42, "Ada");
		this.profiles.signedUp(ada);
		this.profiles.signedUp(List.of(ada, new Profile(43, "Barbara")));
		this.profiles.rebuilt();
		this.profiles.charge(42);
		assertThat(this.jobs).hasSize(7).containsCommand("SELECT signup.notify_followers(43)");
	}

	@Test
	void methodsDispatch() {
		this.mail.welcomeOnce(42, null);
		this.mail.remindByMail(42);
		this.mail.sendInvoice(42);
		this.mail.sendNewsletter(42);
		this.mail.resetPassword(42);
		this.mail.index(42);
		assertThat(this.jobs).hasSize(6);
		assertThat(this.jobs.run()).isEqualTo(6);
	}

	@Test
	void handlerIsDispatchedToByItsName() {
		this.profiles.uploaded(7);
		assertThat(this.jobs).containsHandler("video.encode").withArgument("videoId", 7);
		assertThat(this.jobs.run()).isOne();
	}

	@Test
	void batchIsFollowedByItsContinuation(@Autowired Imports imports) {
		long batch = imports.start(42, 3);
		assertThat(imports.progress(batch)).isEqualTo("import 42: 0 of 3");
		assertThat(this.jobs.run()).isEqualTo(4);
		assertThat(imports.progress(batch)).isEqualTo("import 42: 3 of 3");
	}

	@Test
	void batchesAreInABatch(@Autowired Imports imports) {
		imports.importAll(List.of(42L, 43L));
		imports.stop(imports.refresh(List.of(42L)));
		assertThat(this.jobs).containsCommand("SELECT publish_statistics()").containsHandler("imports.line");
	}

	@Test
	void keysJoinCalls() {
		this.keyed.updateStatistics(42);
		this.keyed.updateStatistics(42);
		this.keyed.indexLater(42);
		this.keyed.indexLater(42);
		this.keyed.publish(42, "signed up");
		assertThat(this.jobs).hasSize(3);
	}

	@Test
	void scheduleRunsWhenTheTestSaysSo() {
		assertThat(this.jobs).isEmpty();
		assertThat(this.jobs.runSchedule("clean up")).isOne();
	}

	@Test
	void schedulesAreMadeAtRunTime(@Autowired Reports reports) {
		this.operations.setQueue("slow", QueueLimits.none());
		reports.remindEachMorning(42, ZoneId.of("Europe/Berlin"));
		reports.importEvery(Duration.ofHours(1));
		reports.stopTheImport();
		assertThat(this.operations.schedules()).extracting(ScheduleInfo::name)
			.containsExactly("clean up", "import", "invoices", Reports.class.getName() + ".rebuildIndex", "remind 42");
		assertThat(this.jobs.runSchedule("invoices")).isOne();
	}

	@Test
	void tenantHasAQueue() {
		this.operator.addTenant("acme");
		this.keyed.importFile("acme", 42);
		assertThat(this.jobs.run()).isOne();
	}

	@Test
	void tenantsTakeTurns() {
		this.operator.addImports();
		this.keyed.importInTurn("acme", 42);
		this.keyed.importInTurn("other", 43);
		assertThat(this.jobs.run()).isEqualTo(2);
	}

	@Test
	void eventListenersDispatch(@Autowired ApplicationEventPublisher events) {
		events.publishEvent(new SignedUp(42));
		assertThat(this.jobs).hasSize(1);
		assertThat(this.operator.retryWhatTheMailServerRefused()).isZero();
	}

	@Test
	void applicationIsAlerted(@Autowired ApplicationEventPublisher events, @Autowired Alerts alerts) {
		events.publishEvent(new DeadLetterEvent(42, null, "refresh", 10, "22012", "division by zero"));
		events.publishEvent(new DriverLostEvent(JobKind.HANDLER, "Connection refused"));
		assertThat(alerts.pager().alerts()).containsExactly("Job 42 (refresh) failed for good: division by zero",
				"This node cannot run jobs (HANDLER): Connection refused");
	}

	@Test
	void dispatchIsObservedWithItsTenant(@Autowired ObservationRegistry observations) {
		List<KeyValue> tenants = new ArrayList<>();
		observations.observationConfig().observationFilter((context) -> {
			tenants.add(context.getLowCardinalityKeyValue("tenant"));
			return context;
		});
		Tenant.run("acme", () -> this.profiles.charge(42));
		assertThat(tenants).containsExactly(KeyValue.of("tenant", "acme"));
	}

	@Test
	void nodeWithoutWorkersCanBeDrained(@Autowired Maintenance maintenance, @Autowired PgDispatchNode node) {
		maintenance.begin();
		assertThat(node.isDraining()).isFalse();
		maintenance.end();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import({ Alerts.class, Imports.class, ImportSideEffects.class, KeyedSideEffects.class, Listeners.class,
			MailSideEffects.class, Maintenance.class, Operator.class, Orders.class, Profiles.class,
			RenamedSideEffects.class, Reports.class, ResultSideEffects.class, TenantConvention.class,
			TenantPropagator.class, TransactionalSideEffects.class, VideoSideEffects.class })
	static class Application {

		@Bean
		EmbeddedPostgres server() throws Exception {
			return EmbeddedPostgres.start();
		}

		@Bean
		DataSource dataSource(EmbeddedPostgres server) {
			return server.getPostgresDatabase();
		}

	}

}
