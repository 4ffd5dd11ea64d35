package io.github.pgdispatch.schema;

import java.util.List;
import java.util.stream.Collectors;

import io.github.pgdispatch.PgDispatchConfigurationException;

/**
 * Says what is wrong and what to do.
 *
 * @param state that was found
 * @param needed version of the schema
 */
record SchemaFailure(SchemaState state, SchemaVersion needed) {

	private static final String THE_SQL = "the SQL that 'java -jar pg-dispatch-autoconfigure.jar' prints";

	PgDispatchConfigurationException ofSchemaThatIsMissing() {
		return because(
				"There is no schema of pg-dispatch in the database " + this.state.database() + ", as "
						+ (this.state.exists() ? "its schema pgdispatch has no function version()."
								: "it has no schema pgdispatch."),
				"Install it with " + THE_SQL + ", as the role that is to own it. " + grant(List.of(this.state.user()))
						+ " Or let the application install it: set pgdispatch.schema.mode to liquibase or jdbc.");
	}

	/**
	 * Citus copies the functions of an installation that did not keep it from that.
	 */
	PgDispatchConfigurationException ofTablesThatAreMissing() {
		return because(
				found() + " It has functions but no table " + String.join(", ", this.state.missingTables())
						+ ", so that it is not a whole installation. A worker node of Citus may have such a copy of the"
						+ " functions of its coordinator.",
				"Connect the application to the database that has the tables: with Citus, that is the coordinator."
						+ " If this database is to have a queue of its own, let " + this.state.owner()
						+ " drop what is there: DROP SCHEMA pgdispatch CASCADE; and install again. See docs/citus.md.");
	}

	PgDispatchConfigurationException ofOlderVersion() {
		return because(found() + " This application needs version " + this.needed + ".", "Upgrade it as "
				+ this.state.owner() + ": start the application with pgdispatch.schema.mode set to liquibase or jdbc.");
	}

	PgDispatchConfigurationException ofNewerVersion() {
		return because(
				found() + " This application needs version " + this.needed + " or a newer one that starts with "
						+ this.needed.major() + ".",
				"Upgrade pg-dispatch in this application, or connect it to a database of its own.");
	}

	PgDispatchConfigurationException ofExtension() {
		return because(
				found() + ofWhichExtension() + ", and so is not changed, but this application needs version "
						+ this.needed + ".",
				(this.state.versioned()
						? "With the files of that version on the server, let its owner run: ALTER EXTENSION "
								+ this.state.extension() + " UPDATE; Or drop it"
						: "Drop it")
						+ " (the application then installs the schema), or set pgdispatch.schema.mode to none.");
	}

	PgDispatchConfigurationException ofPredecessor() {
		boolean extension = this.state.extension() != null;
		return because(
				found() + (extension ? ofWhichExtension() : " It is the one of pg_dispatch 0.1")
						+ ", and so is neither used nor changed.",
				"What it has scheduled is run by pg_cron without it. A job that calls something in the schema, if only by"
						+ " a function or a trigger, is lost without an error unless the new schema is there. So let an"
						+ " administrator replace the schema in one transaction: "
						+ (extension
								? "DROP EXTENSION " + this.state.extension() + "; DROP SCHEMA IF EXISTS pgdispatch;"
								: "DROP SCHEMA pgdispatch CASCADE;")
						+ " SET ROLE " + this.state.user() + "; and then " + THE_SQL
						+ ". See docs/migrating/from-pg-dispatch-0.1.md.");
	}

	PgDispatchConfigurationException ofStrangers() {
		return because(
				found() + " It is not one of pg-dispatch, as it has no function version() but holds "
						+ String.join(", ", this.state.strangers()) + ".",
				"Rename it, or connect the application to another database.");
	}

	PgDispatchConfigurationException ofRightToCreateSchema() {
		return because(
				"There is no schema pgdispatch in the database " + this.state.database() + ", and the role "
						+ this.state.user() + " may not create one.",
				"Let an administrator run in this database: CREATE SCHEMA pgdispatch AUTHORIZATION " + this.state.user()
						+ "; Or let them install it with " + THE_SQL + ". " + grant(List.of(this.state.user())));
	}

	PgDispatchConfigurationException ofRightsOfOwner() {
		return because(
				found() + " The role " + this.state.user() + " cannot install version " + this.needed
						+ " in it, as it is not the owner.",
				"Let the owner or an administrator run: ALTER SCHEMA pgdispatch OWNER TO " + this.state.user()
						+ "; Or let the owner install it with " + THE_SQL + ". " + grant(List.of(this.state.user())));
	}

	PgDispatchConfigurationException ofPrivilegesThatAreMissing() {
		return because(found() + " Privileges are missing there for "
				+ String.join(", ", this.state.rolesLackingPrivileges()) + ".",
				grant(this.state.rolesLackingPrivileges()));
	}

	PgDispatchConfigurationException ofUnknownRoles() {
		return because("The schema pgdispatch cannot be granted to " + String.join(", ", this.state.unknownRoles())
				+ ", as there is no such role.", "Create the role, or correct pgdispatch.schema.grant-to.");
	}

	private static PgDispatchConfigurationException because(String description, String action) {
		return new PgDispatchConfigurationException(description, action);
	}

	private String found() {
		return "There is a schema pgdispatch" + ((this.state.version() != null) ? " " + this.state.version() : "")
				+ " in the database " + this.state.database() + ", owned by " + this.state.owner() + ".";
	}

	private String ofWhichExtension() {
		return " It belongs to the extension " + this.state.extension() + " " + this.state.extensionVersion();
	}

	private static String grant(List<String> roles) {
		return roles.stream()
			.map((role) -> "CALL pgdispatch.grant_to('" + role.replace("'", "''") + "');")
			.collect(Collectors.joining(" ", "Its owner then runs: ", ""));
	}

}
