"""Boards of the payments (支付页面): asking for one, handing in the invoice, publishing what is overdue."""

from __future__ import annotations

from uuid import UUID

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import clock
from core.money import capitals
from core.pages import actor_of, answer
from core.templatetags.words import money_text
from procurement.payments.forms import InvoiceForm
from procurement.payments.invoicing import enter_invoice
from procurement.payments.operations import payee_of, request_payment
from procurement.payments.overdue import publish_overdue
from procurement.payments.queries import overdue_of
from procurement.permissions.payments import can_publish_overdue, can_request_payment
from procurement.settlements.queries import visible_settlements


def masked(account: str) -> str:
    """A bank account with its middle hidden."""
    return f"{account[:4]} **** {account[-4:]}" if len(account) > 8 else account


def ask(request: HttpRequest, settlement: UUID) -> HttpResponse:
    """Ask for the payment of a settlement: amount and payee are shown, nothing is typed. 404 for another buyer's."""
    actor = actor_of(request)
    if not can_request_payment(actor):
        raise Http404
    found = get_object_or_404(visible_settlements(actor).filter(buyer_id=actor.organization_id), pk=settlement)
    payee = payee_of(found)
    context = {
        "title": _("申请支付"),
        "head": {"title": f"{found.contract.title}：{found.name}", "number": found.number or "", "chip": found.chip},
        "consequence": _("申请后由班子成员批准，再由出纳办理国库支付、登记凭证。"),
        "facts": [
            {
                "label": _("金额"),
                "value": found.payable_amount,
                "unit": _("元"),
                "sub": capitals(abs(found.payable_amount)),
            },
            {"label": _("收款单位"), "value": payee.get("name", ""), "sub": payee.get("uscc", "")},
            {"label": _("开户银行"), "value": payee.get("bank_name", "")},
            {"label": _("账号"), "value": masked(payee.get("bank_account", "")), "sub": _("取自双方签订的合同")},
        ],
        "back_url": found.get_absolute_url(),
        "submit_label": _("申请支付 %(amount)s 元") % {"amount": money_text(found.payable_amount)},
        "back_label": _("先不申请"),
        "crumbs": [
            {"label": _("结算"), "url": reverse("settlements:list")},
            {"label": found.number or found.name, "url": found.get_absolute_url()},
            {"label": _("申请支付"), "url": ""},
        ],
    }
    return answer(
        request,
        Form(request.POST or None),
        lambda cleaned: request_payment(found, actor=actor),
        template="verb.html",
        context=context,
        done=lambda payment: payment.get_absolute_url(),
    )


def invoice(request: HttpRequest, settlement: UUID) -> HttpResponse:
    """Hand in the invoice of a settlement; 404 for another provider's."""
    actor = actor_of(request)
    mine = visible_settlements(actor).filter(contract__provider_id=actor.organization_id)
    found = get_object_or_404(mine, pk=settlement)
    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    form = InvoiceForm(*bound)
    form.initial.update(
        amount=found.payable_amount, issued_on=f"{clock.today()}", seller_uscc=found.contract.provider.uscc
    )
    buyer = found.contract.parties.get("buyer", {})
    context = {
        "title": _("交发票"),
        "head": {"title": f"{found.contract.title}：{found.name}", "number": found.number or "", "chip": found.chip},
        "consequence": _("发票和结算核对一致以后，采购人财务申请支付。"),
        "facts": [
            {"label": _("购买方"), "value": buyer.get("name", found.buyer.name), "sub": buyer.get("uscc", "")},
            {"label": _("本次应付"), "value": found.payable_amount, "unit": _("元")},
        ],
        "back_url": found.get_absolute_url(),
        "submit_label": _("交发票"),
        "back_label": _("先不交"),
        "crumbs": [
            {"label": _("结算"), "url": reverse("settlements:list")},
            {"label": found.number or found.name, "url": found.get_absolute_url()},
            {"label": _("交发票"), "url": ""},
        ],
    }
    return answer(
        request,
        form,
        lambda cleaned: enter_invoice(found, actor=actor, **cleaned),
        template=InvoiceForm.template,
        context=context,
        done=lambda made: found.get_absolute_url(),
    )


def overdue(request: HttpRequest) -> HttpResponse:
    """Publish last year's overdue payments: the figures, one confirmation. 404 for others than the buyer's finance."""
    actor = actor_of(request)
    buyer = get_object_or_404(Organization, pk=actor.organization_id or "")
    if not can_publish_overdue(actor, buyer):
        raise Http404
    year = clock.today().year - 1
    owed = overdue_of(buyer.pk, year)
    context = {
        "title": _("公布逾期未付款项"),
        "head": {"title": _("%(year)s 年度") % {"year": year}, "number": "", "chip": None},
        "consequence": _("作为公告公开：逾期未付的合同数和金额，不列承接单位。每年 3 月 31 日前公布上一年的。"),
        "facts": [
            {"label": _("逾期未付合同"), "value": f"{owed.contracts}", "unit": _("份")},
            {"label": _("逾期未付金额"), "value": owed.amount, "unit": _("元")},
        ],
        "back_url": reverse("payments:list"),
        "submit_label": _("公布"),
        "back_label": _("先不公布"),
        "crumbs": [
            {"label": _("支付"), "url": reverse("payments:list")},
            {"label": _("公布逾期未付款项"), "url": ""},
        ],
    }
    return answer(
        request,
        Form(request.POST or None),
        lambda cleaned: publish_overdue(buyer, actor=actor, year=year),
        template="verb.html",
        context=context,
        done=lambda notice: notice.get_absolute_url(),
    )


urlpatterns = [
    path("invoice/<uuid:settlement>/", invoice, name="invoice"),
    path("request/<uuid:settlement>/", ask, name="request"),
    path("overdue/", overdue, name="overdue"),
]
